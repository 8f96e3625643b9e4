import DBNTestSupport
import Foundation
import Testing

/// Bad input ends with one line that says what and where, status 2, and nothing left behind.
struct BadInputTests {
  private let folder: TemporaryFolder
  private let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
  private var output: String { folder.file("out.h5") }

  init() throws {
    folder = try TemporaryFolder()
  }

  private func expectRefusal(_ command: Command, mentions words: String...) {
    #expect(command.status == 2, "\(command.output)\(command.error)")
    #expect(command.output.isEmpty)
    #expect(command.error.split(separator: "\n").count == 1, "\(command.error)")
    for word in words { #expect(command.error.contains(word), "\(word) in: \(command.error)") }
    #expect(!folder.contents.contains("out.h5"))
  }

  /// Its values can be read, and are older than what was written last.
  @Test(arguments: ["writing.h5", "swmr.h5"])
  func anHDF5FileWhoseWriterDied(name: String) throws {
    let path = Fixture("hdf5/unclosed").file(name)
    expectRefusal(try Command("check", path), mentions: name, "never closed", "h5clear")
    let info = try Command("info", path)
    #expect(
      info.status == 0 && info.error.contains("note: ") && info.error.contains("never closed"))
    let converted = try Command("convert", path, folder.file("copy.h5"))
    #expect(converted.status == 0 && converted.error.contains("never closed"))
    #expect(try Command("check", folder.file("copy.h5")).status == 0)
    #expect(try Command("check", Fixture("hdf5/unclosed").file("closed.h5")).status == 0)
  }

  @Test func aTruncatedFile() throws {
    let bytes = try Fixture("torch/digits-standard").bytes("checkpoint.pth")
    for length in [10, bytes.count / 2, bytes.count - 1] {
      let path = try folder.write(Array(bytes[..<length]), to: "cut.pth")
      expectRefusal(try Command("convert", path, output), mentions: "cut.pth")
    }
    #expect(folder.contents == ["cut.pth"])
  }

  /// The damage shows while the output is written, but it is not the output's.
  @Test func aDamagedDeflatedRecordIsTheInputs() throws {
    var bytes = try Fixture("torch/deflated").bytes("checkpoint.pth")
    bytes[bytes.count / 3] ^= 0x55
    let path = try folder.write(bytes, to: "damaged.pth")
    expectRefusal(try Command("convert", path, output), mentions: "\(path): ", "damaged")
  }

  @Test func aFileThatIsNoCheckpoint() throws {
    let path = try folder.write(Array("import torch\n".utf8), to: "train.py")
    expectRefusal(try Command("info", path), mentions: "train.py", "not a checkpoint")
  }

  @Test func anEmptyFile() throws {
    let path = try folder.write([], to: "empty.pth")
    expectRefusal(try Command("convert", path, output), mentions: "empty.pth", "is empty")
  }

  @Test func aFolder() throws {
    expectRefusal(try Command("info", folder.path), mentions: folder.path, "is a folder")
  }

  @Test func aFileThatIsNotThere() throws {
    expectRefusal(
      try Command("info", folder.file("none.pth")), mentions: "none.pth", "no such file")
  }

  @Test func aFileWithoutPermission() throws {
    let path = try folder.write([1], to: "secret.pth")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    // Root may read everything, so there the command runs without that privilege.
    let command =
      getuid() == 0
      ? try Command(through: ["setpriv", "--bounding-set=-all", "--inh-caps=-all"], "info", path)
      : try Command("info", path)
    expectRefusal(command, mentions: "secret.pth", "permission denied")
  }

  @Test func anOutputFolderThatIsNotThere() throws {
    expectRefusal(
      try Command("convert", digits, folder.file("none/out.h5")), mentions: "none",
      "does not exist", "make it first")
  }

  @Test func anOutputThatIsAFolder() throws {
    let path = folder.file("folder.h5")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    expectRefusal(try Command("convert", digits, path), mentions: "folder.h5")
  }

  @Test func anOutputExtensionThatSaysNothing() throws {
    expectRefusal(
      try Command("convert", digits, folder.file("out.xyz")), mentions: "out.xyz", ".h5")
    #expect(folder.contents.isEmpty)
  }

  /// The shell's file size limit stands in for a full disk: the same error path, without a disk.
  @Test func aFullDiskLeavesTheOldFile() throws {
    let old = try folder.write(Array("old".utf8), to: "old.h5")
    for blocks in [8, 100] {
      let full = try Command(after: "ulimit -f \(blocks)", "convert", digits, old, "--force")
      expectRefusal(full, mentions: "old.h5", "file too large")
    }
    #expect(try Data(contentsOf: URL(filePath: old)) == Data("old".utf8))
    #expect(folder.contents == ["old.h5"])
  }

  @Test func anOutputThatCannotBeWrittenIsAnError() throws {
    let full = try Command(after: "exec >/dev/full", "info", digits)
    expectRefusal(full, mentions: "standard output", "no space")
  }

  @Test(arguments: ["to-distributed", "to-standard"])
  func aFileWithoutBatchNormIsNamed(subcommand: String) throws {
    let path = Fixture("torch/scalar-types").file("checkpoint.pth")
    let options = subcommand == "to-distributed" ? ["--world-size", "2"] : []
    expectRefusal(
      try Command([subcommand, path, output] + options), mentions: path, "no BatchNorm")
    expectRefusal(
      try Command([subcommand, path, output, "--entry", "none"] + options),
      mentions: path, "no such entry")
  }

  @Test func wrongUsageIs64() throws {
    for arguments in [
      ["to-distributed", digits, output], ["info"], ["nonsense"],
      ["verify", digits, digits, "--batch", "9223372036854775807"],
      ["verify", digits, digits, "--eps", "nan"], ["verify", digits, digits, "--eps=-1"],
      ["verify", digits, digits, "--momentum", "2"],
    ] {
      let command = try Command(arguments)
      #expect(command.status == 64)
      #expect(!command.error.isEmpty)
    }
  }
}
