import DBNTestSupport
import Foundation
import Testing

/// What could end the command by a signal, or never, is an error with one line.
struct ProcessFaultTests {
  private let folder: TemporaryFolder
  private let digits = Fixture("torch/digits-standard").file("checkpoint.pth")

  init() throws {
    folder = try TemporaryFolder()
  }

  /// 127 is of the system's loader, before the command begins.
  private func expectErrorOrSuccess(_ command: Command, _ limit: String) {
    #expect([0, 2, 127].contains(command.status), "\(limit): \(command.error)")
    guard command.status == 2 else { return }
    #expect(command.error.hasPrefix("dbn-convert: error: "), "\(limit)")
    #expect(command.error.split(separator: "\n").count == 1, "\(limit): \(command.error)")
    #expect(folder.contents.isEmpty, "\(limit)")
  }

  /// A limit of the address space, without the Swift runtime's reports of crashes: it needs memory
  /// for them before the command begins, and says so if it has none.
  private static func addressSpace(kibibytes: Int) -> String {
    "export SWIFT_BACKTRACE=enable=no; ulimit -v \(kibibytes)"
  }

  /// The least address space in KiB, within 64, in which the command itself begins: with less, the
  /// system's loader or the Swift runtime ends the process before it.
  private static let leastAddressSpace = {
    var (tooSmall, enough) = (16 << 10, 1 << 20)
    while enough - tooSmall > 64 {
      let middle = (tooSmall + enough) / 2
      let begins = (try? Command(after: addressSpace(kibibytes: middle), "--version").status) == 0
      if begins { enough = middle } else { tooSmall = middle }
    }
    return enough
  }()

  @Test(arguments: [0, 64, 128, 256, 512, 768, 1024, 1536, 2048, 4096, 8192, 32 << 10, 256 << 10])
  func aSmallAddressSpace(moreKibibytes: Int) throws {
    let limit = Self.addressSpace(kibibytes: Self.leastAddressSpace + moreKibibytes)
    for name in ["out.h5", "out.pth"] {
      let path = folder.file(name)
      expectErrorOrSuccess(try Command(after: limit, "convert", digits, path), limit)
      unlink(path)
    }
  }

  @Test(arguments: [4, 5, 6, 7, 8, 12, 16])
  func fewOpenFiles(count: Int) throws {
    let limit = "ulimit -n \(count)"
    for name in ["out.h5", "out.pth"] {
      let path = folder.file(name)
      expectErrorOrSuccess(try Command(after: limit, "convert", digits, path), limit)
      unlink(path)
    }
  }

  /// A gigabyte of zeros, which takes no room on the disk and time to read.
  private func makeLargeFile() throws -> String {
    let byteCount = 1 << 30
    let header =
      #"{"w": {"dtype": "U8", "shape": [\#(byteCount)], "data_offsets": [0, \#(byteCount)]}}"#
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    let path = try folder.write(length + Array(header.utf8), to: "large.safetensors")
    truncate(path, off_t(8 + header.utf8.count + byteCount))
    return path
  }

  @Test(arguments: [["check"], ["convert", "OUT.h5"], ["convert", "OUT.pth", "--quiet"]])
  func anInputThatBecomesShorterIsNamed(words: [String]) throws {
    let path = try makeLargeFile()
    let process = Process()
    process.executableURL = URL(filePath: Command.path)
    process.arguments =
      [words[0], path]
      + words.dropFirst().map { $0.replacing("OUT", with: folder.file("OUT")) }
    let error = Pipe()
    (process.standardError, process.standardOutput) = (error, FileHandle.nullDevice)
    try process.run()
    let maps = "/proc/\(process.processIdentifier)/maps"
    while process.isRunning,
      !((try? String(contentsOfFile: maps, encoding: .utf8))?.contains(path) ?? false)
    { usleep(500) }
    truncate(path, 4096)
    process.waitUntilExit()
    let text = String(decoding: error.fileHandleForReading.availableData, as: UTF8.self)
    #expect(process.terminationReason == .exit && process.terminationStatus == 2, "\(text)")
    #expect(
      text == "dbn-convert: error: \(path): the file became shorter while it was read; "
        + "run the command again when it is complete\n")
    #expect(folder.contents == ["large.safetensors"])
  }

  @Test(arguments: [
    ["convert", "out.h5"], ["scatter", "out-%d.pth"], ["info", "--report", "out.html"],
  ])
  func nobodyReadsTheOutputWhoCannotReadTheInput(words: [String]) throws {
    let source = Fixture("torch/digits-replicated").file("checkpoint.pth")
    for mode in [0o600, 0o640, 0o644] {
      let path = folder.file("in.pth")
      try FileManager.default.copyItem(atPath: source, toPath: path)
      chmod(path, mode_t(mode))
      let output = words.dropFirst().map { $0.hasPrefix("out") ? folder.file($0) : $0 }
      let command = try Command(after: "umask 000", [words[0], path] + output)
      #expect(command.status == 0, "\(command.error)")
      for name in folder.contents where name != "in.pth" {
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.file(name))
        let expected = [0o600: 0o600, 0o640: 0o660, 0o644: 0o666][mode]
        #expect(attributes[.posixPermissions] as? Int == expected, "\(name)")
      }
      for name in folder.contents { unlink(folder.file(name)) }
    }
  }
}
