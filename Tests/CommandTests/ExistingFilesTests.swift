import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// No command replaces a file by accident.
struct ExistingFilesTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func contents() throws -> [String: Data] {
    try Dictionary(
      uniqueKeysWithValues: folder.contents.map {
        ($0, try Data(contentsOf: URL(filePath: folder.file($0))))
      })
  }

  private func expectRefusal(
    _ command: Command, mentions words: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(command.status == 2, "\(command.error)", sourceLocation: sourceLocation)
    #expect(command.output.isEmpty, sourceLocation: sourceLocation)
    #expect(command.error.split(separator: "\n").count == 1, sourceLocation: sourceLocation)
    for word in words {
      #expect(
        command.error.contains(word), "\(word) in: \(command.error)", sourceLocation: sourceLocation
      )
    }
  }

  /// Every file that a command writes, alone in the way.
  @Test(arguments: WritingCommand.all)
  func anExistingOutputIsReplacedByForceOnly(writing: WritingCommand) throws {
    try writing.makeInputs(in: folder)
    for output in writing.outputs {
      let path = try folder.write([1, 2, 3], to: output)
      let before = try contents()
      let refused = try Command(writing.arguments(in: folder))
      expectRefusal(refused, mentions: path, "there is already a file", "--force")
      #expect(try contents() == before)
      let forced = try Command(writing.arguments(in: folder) + ["--force"])
      #expect(forced.status == writing.status, "\(forced.error)")
      // Shards take other names while old ones have theirs.
      if output.contains("-of-") {
        #expect(folder.contents.contains(output.replacing("out-", with: "out~2-")))
        #expect(!folder.contents.contains(output))
        #expect(try Command(writing.arguments(in: folder) + ["--force"]).status == 0)
      }
      #expect(Set(folder.contents) == Set(writing.inputs + writing.outputs))
      #expect(try Data(contentsOf: URL(filePath: path)) != Data([1, 2, 3]))
      for output in writing.outputs { unlink(folder.file(output)) }
    }
  }

  /// That an output is there is said even of inputs that are not.
  @Test(arguments: WritingCommand.all)
  func anExistingOutputIsRefusedBeforeAnythingIsRead(writing: WritingCommand) throws {
    // How many shards there will be, the input tells.
    let output = try #require(writing.outputs.last { !$0.contains("-of-") })
    let name = output == "y.h5" ? "out.h5" : output.replacing("-3.pth", with: "-0.pth")
    let path = try folder.write([1, 2, 3], to: name)
    expectRefusal(try Command(writing.arguments(in: folder)), mentions: path, "--force")
    #expect(folder.contents == [name])
  }

  /// The same file under other names.
  private func aliases(of input: String, as suffix: String) throws -> [String] {
    let source = folder.file(input)
    link(source, folder.file("hard\(suffix)"))
    symlink(input, folder.file("symbolic\(suffix)"))
    symlink("symbolic\(suffix)", folder.file("second\(suffix)"))
    let name = URL(filePath: folder.path).lastPathComponent
    return ["hard", "symbolic", "second", "./hard", "../\(name)/hard", "/symbolic"].map {
      folder.file("\($0)\(suffix)")
    }
  }

  @Test(arguments: WritingCommand.all, [[], ["--force"]])
  func anInputIsNotReplacedUnderAnyName(writing: WritingCommand, options: [String]) throws {
    try writing.makeInputs(in: folder)
    let suffix = writing.outputExtension.replacing("%d", with: "0")
    for input in writing.inputs {
      for alias in try aliases(of: input, as: suffix) {
        let before = try contents()
        let output = alias.replacing(suffix, with: writing.outputExtension)
        let refused = try Command(writing.arguments(in: folder, output: output) + options)
        expectRefusal(refused, mentions: alias, "is a file that the command reads", input)
        let isPage = writing.outputExtension == ".html"
        #expect(refused.error.contains(isPage ? "another name for the page" : "--in-place"))
        #expect(try contents() == before)
      }
      for name in ["hard", "symbolic", "second"] { unlink(folder.file("\(name)\(suffix)")) }
    }
  }

  @Test(arguments: WritingCommand.conversions)
  func anInputIsReplacedInPlace(writing: WritingCommand) throws {
    // Shards have other names than any file they could be made of.
    guard writing.outputs.count == 1 || writing.outputs.contains("y.h5") else { return }
    try writing.makeInputs(in: folder)
    let suffix = writing.outputExtension
    let first = try Command(writing.arguments(in: folder))
    #expect(first.status == 0, "\(first.error)")
    let expected = try Data(contentsOf: URL(filePath: folder.file("out\(suffix)")))
    for output in writing.outputs { unlink(folder.file(output)) }
    for input in writing.inputs {
      link(folder.file(input), folder.file("alias\(suffix)"))
      let old = try Data(contentsOf: URL(filePath: folder.file(input)))
      let command = try Command(
        writing.arguments(in: folder, output: folder.file("alias\(suffix)")) + ["--in-place"])
      #expect(command.status == 0, "\(command.error)")
      #expect(try Data(contentsOf: URL(filePath: folder.file("alias\(suffix)"))) == expected)
      // The other name still has what was read.
      #expect(try Data(contentsOf: URL(filePath: folder.file(input))) == old)
      for name in ["alias\(suffix)", "y.h5"] { unlink(folder.file(name)) }
    }
    #expect(Set(folder.contents) == Set(writing.inputs))
  }

  @Test func aCheckpointIsConvertedInPlace() throws {
    let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
    let path = folder.file("model.pth")
    try FileManager.default.copyItem(atPath: digits, toPath: path)
    symlink("model.pth", folder.file("latest.pth"))
    let there = try Command(
      "to-distributed", path, folder.file("latest.pth"), "--world-size", "4", "--in-place",
      "--verify")
    #expect(there.status == 0, "\(there.error)")
    #expect(try Checkpoint.open(path).stateDict()["bn1.running_mean"]?.shape == [4, 16])
    #expect(try Command("to-standard", path, path, "--in-place").status == 0)
    #expect(try Command("diff", digits, path).status == 0)
    // What fails leaves it as it is.
    let before = try contents()
    let failed = try Command(
      "convert", path, path, "--in-place", "--cast", "float16", "--verify", "--atol", "1e-9")
    #expect(failed.status == 1 && folder.contents == ["latest.pth", "model.pth"])
    #expect(try contents() == before)
  }

  @Test func inPlaceDoesNotReplaceOtherFiles() throws {
    let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
    let other = try folder.write([1], to: "other.h5")
    expectRefusal(
      try Command("convert", digits, other, "--in-place"), mentions: other, "--force")
    #expect(try contents() == ["other.h5": Data([1])])
  }

  /// The files that a folder or an index consists of are inputs too.
  @Test func theMembersOfAnInputAreInputs() throws {
    let cases: [(fixture: String, input: String, member: String)] = [
      ("safetensors/sharded", "model.safetensors.index.json", "model-00002-of-00003.safetensors"),
      ("safetensors/sharded", ".", "model-00002-of-00003.safetensors"),
      ("torch/distributed/alone", "checkpoint", "checkpoint/.metadata"),
      ("torch/distributed/alone", "checkpoint", "checkpoint/__0_0.distcp"),
    ]
    for (fixture, input, member) in cases {
      let copy = folder.file("copy")
      let source = String(Fixture(fixture).file("").dropLast())
      try FileManager.default.copyItem(atPath: source, toPath: copy)
      let member = "\(copy)/\(member)"
      let before = try Data(contentsOf: URL(filePath: member))
      let refused = try Command(
        "convert", "\(copy)/\(input)", member, "--to", "safetensors", "--force")
      expectRefusal(refused, mentions: member, "is a file that the command reads")
      #expect(try Data(contentsOf: URL(filePath: member)) == before)
      try FileManager.default.removeItem(atPath: copy)
    }
  }

  /// The single file that shards would stand for is not removed by accident.
  @Test func aFileThatShardsStandForStays() throws {
    let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
    let path = try folder.write([1], to: "model.safetensors")
    let arguments = ["convert", digits, path, "--shard-size", "40KB"]
    expectRefusal(try Command(arguments), mentions: path, "--force")
    #expect(try contents() == ["model.safetensors": Data([1])])
    #expect(try Command(arguments + ["--force"]).status == 0)
    #expect(folder.contents.count == 3 && !folder.contents.contains("model.safetensors"))
  }

  /// A folder is read by its index: one file beside the index of another model would not be seen.
  @Test func anIndexOfTheOutputsNameStays() throws {
    let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
    let path = folder.file("model.safetensors")
    #expect(try Command("convert", digits, path, "--shard-size", "40KB").status == 0)
    let old = try contents()
    expectRefusal(
      try Command("convert", digits, path), mentions: "\(path).index.json", "--force")
    #expect(try contents() == old)
    #expect(try Command("convert", digits, path, "--force").status == 0)
    #expect(folder.contents == ["model.safetensors"])
  }

  /// The result is computed and being printed when a file appears.
  @Test(arguments: WritingCommand.all, [[], ["--force"]])
  func aFileThatAppearsMeanwhileIsNotReplacedUnlessForced(
    writing: WritingCommand, options: [String]
  ) throws {
    try writing.makeInputs(in: folder)
    let late = try #require(writing.outputs.last)
    let command = try Command.whilePrinting(writing.arguments(in: folder) + options) { _ in
      #expect(Set(folder.contents) == Set(writing.inputs))
      _ = try folder.write([1, 2, 3], to: late)
    }
    // An index that came meanwhile has shards, which must not be left without it.
    if options.isEmpty || late.hasSuffix(".index.json") {
      #expect(command.status == 2)
      #expect(
        command.error.contains("there is already a file")
          || command.error.contains("another process has written this file meanwhile"))
      #expect(Set(folder.contents) == Set(writing.inputs + [late]))
      #expect(try contents()[late] == Data([1, 2, 3]))
    } else {
      #expect(command.status == writing.status && !command.error.contains("error:"))
      #expect(Set(folder.contents) == Set(writing.inputs + writing.outputs))
      #expect(try contents()[late] != Data([1, 2, 3]))
    }
  }

  @Test func ofSeveralCommandsAtOnceOneWins() async throws {
    let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
    let path = folder.file("out.h5")
    let statuses = try await withThrowingTaskGroup(of: Int32.self) { group in
      for _ in 0..<8 { group.addTask { try Command("convert", digits, path).status } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(statuses.sorted() == [0] + Array(repeating: 2, count: 7))
    #expect(folder.contents == ["out.h5"])
    #expect(try Command("diff", digits, path).status == 0)
  }
}
