import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// A result that can't be printed leaves no file, and an old one untouched.
struct PrintingTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Bytes, and whether it is the same file.
  private func state() throws -> [String: [String]] {
    try Dictionary(
      uniqueKeysWithValues: folder.contents.map { name in
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.file(name))
        return (
          name,
          [
            "\(try Data(contentsOf: URL(filePath: folder.file(name))).hashValue)",
            "\(attributes[.systemFileNumber] ?? 0)", "\(attributes[.modificationDate] ?? 0)",
          ]
        )
      })
  }

  @Test(arguments: WritingCommand.all, [[], ["--json"]])
  func aFullOutputLeavesNoFile(writing: WritingCommand, options: [String]) throws {
    try writing.makeInputs(in: folder)
    let arguments = writing.arguments(in: folder) + options
    for shell in ["exec >/dev/full", "exec >&-"] {
      let failed = try Command(after: shell, arguments)
      #expect(failed.status == 2 && failed.error.contains("standard output"), "\(failed.error)")
      #expect(Set(folder.contents) == Set(writing.inputs))
    }
    #expect(try Command.statusWithoutReader(arguments) == 2)
    #expect(Set(folder.contents) == Set(writing.inputs))
  }

  @Test(arguments: WritingCommand.all, [[], ["--json"]])
  func aFullOutputLeavesTheOldFiles(writing: WritingCommand, options: [String]) throws {
    try writing.makeInputs(in: folder)
    for output in writing.outputs { _ = try folder.write([1, 2, 3], to: output) }
    let before = try state()
    let failed = try Command(
      after: "exec >/dev/full", writing.arguments(in: folder) + options + ["--force"])
    #expect(failed.status == 2 && failed.error.contains("no space"), "\(failed.error)")
    #expect(try state() == before)
  }

  /// Nothing is to be printed, and so nothing can fail.
  @Test(arguments: WritingCommand.all)
  func quietCommandsNeedNoOutput(writing: WritingCommand) throws {
    try writing.makeInputs(in: folder)
    let quiet = try Command(
      after: "exec >/dev/full", writing.arguments(in: folder) + ["--quiet"])
    #expect(quiet.status == writing.status, "\(quiet.error)")
    #expect(Set(folder.contents) == Set(writing.inputs + writing.outputs))
  }

  /// Its descriptor would be that of the next file that is opened.
  @Test(arguments: ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
  func closedStreamsDoNotDamageFiles(closed: String) throws {
    let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
    let (path, expected) = (folder.file("out.h5"), folder.file("expected.h5"))
    #expect(try Command("convert", digits, expected).status == 0)
    let command = try Command(after: "exec \(closed)", ["convert", digits, path])
    let isWritten = !closed.contains(" >&-") && !closed.hasPrefix(">&-")
    #expect(command.status == (isWritten ? 0 : 2))
    #expect(folder.contents == ["expected.h5"] + (isWritten ? ["out.h5"] : []))
    if isWritten {
      #expect(
        try Data(contentsOf: URL(filePath: path)) == Data(contentsOf: URL(filePath: expected)))
    }
  }
}
