import DBNTensors
import DBNTestSupport
import DBNTorch
import Testing

/// Files that must be refused, with what the refusal must name.
struct HostileTests {
  struct Case: CustomStringConvertible {
    let file: String
    let mentions: [String]
    /// Nil if it is always refused.
    let read: String?
    var description: String { file }
  }

  static let fixture = Fixture("torch/hostile")

  static let cases: [Case] = ((try? fixture.expected)?.array ?? []).compactMap { row in
    guard let file = row["file"]?.string, let mentions = row["mentions"]?.array else { return nil }
    return Case(file: file, mentions: mentions.compactMap(\.string), read: row["read"]?.string)
  }

  private static func read(_ hostile: Case, _ options: ReadingOptions) throws -> CheckpointValue {
    let file = try MappedFile.open(fixture.file(hostile.file))
    // What is read in place is checked when it is used.
    let root = try TorchCheckpoint.read(file, options: options).root
    try root.readEverything()
    return root
  }

  @Test(arguments: cases.filter { $0.read == nil })
  func hostileFilesAreRefusedByName(hostile: Case) throws {
    let error = try #require(throws: CheckpointError.self) {
      _ = try Self.read(hostile, ReadingOptions())
    }
    try Self.check(error, hostile)
  }

  @Test(arguments: cases.filter { $0.read != nil })
  func filesWithOneOddEntryAreRead(odd: Case) throws {
    _ = try Self.read(odd, ReadingOptions())
  }

  @Test(arguments: cases.filter { $0.read == "not strict" })
  func filesWithUnknownClassesAreRefusedOnRequest(odd: Case) throws {
    let error = try #require(throws: CheckpointError.self) {
      _ = try Self.read(odd, ReadingOptions(refusesUnknownClasses: true))
    }
    try Self.check(error, odd)
  }

  private static func check(_ error: CheckpointError, _ hostile: Case) throws {
    #expect(!error.description.contains("\n"))
    #expect(error.advice != nil)
    for word in hostile.mentions { #expect(error.description.contains(word)) }
  }

  @Test func hostileFilesAreFound() {
    #expect(Self.cases.count > 100)
  }
}

extension CheckpointValue {
  /// Reads the bytes of every tensor in the tree.
  func readEverything() throws {
    if let tensor { _ = try tensor.storage.withBytes { CRC32.of($0) } }
    for element in elements ?? [] { try element.readEverything() }
    for entry in dictionary?.entries ?? [] { try entry.value.readEverything() }
  }
}
