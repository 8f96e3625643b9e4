public import DBNTensors
import Foundation

/// A folder under `Fixtures`: files that another tool wrote, and the expected results.
public struct Fixture: Sendable, CustomStringConvertible {
  /// The folder's path below `Fixtures`: `torch/digits-standard`.
  public let name: String

  public init(_ name: String) {
    self.name = name
  }

  public var description: String { name }

  /// The path of a file of the fixture.
  public func file(_ file: String) -> String { "\(Self.root)/\(name)/\(file)" }

  public func bytes(_ file: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: self.file(file))))
  }

  /// `expected.json`, parsed.
  public var expected: JSON {
    get throws { try JSON(parsing: ByteRegion(bytes("expected.json"))) }
  }

  /// All fixtures of a format that have an `expected.json`, sorted by name.
  public static func all(_ format: String) -> [Fixture] {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(format)")) ?? []
    return folders.sorted().map { Fixture("\(format)/\($0)") }
      .filter { FileManager.default.fileExists(atPath: $0.file("expected.json")) }
  }

  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures").path
}
