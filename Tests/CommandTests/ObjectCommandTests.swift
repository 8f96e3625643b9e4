import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// What the command does with whole modules, plain pickles, objects and unreadable tensors.
struct ObjectCommandTests {
  private let folder: TemporaryFolder
  private static let unreadable = Fixture("torch/objects/unreadable").file("checkpoint.pth")
  private static let module = Fixture("torch/objects/module-entries").file("checkpoint.pth")

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test func everyCommandThatWritesHasBothWaysOut() throws {
    let training = Fixture("torch/opaque/training").file("checkpoint.pth")
    let commands = [
      ["convert", training, folder.file("a.pth")],
      ["to-distributed", training, folder.file("b.pth"), "--world-size", "2"],
    ]
    for arguments in commands {
      let refused = try Command(arguments)
      #expect(refused.status == 2, "\(arguments): \(refused.output)")
      #expect(refused.error.contains("--lossy") && refused.error.contains("--state-dict-only"))
      for option in ["--lossy", "--state-dict-only"] {
        let written = try Command(arguments + [option, "--force"])
        #expect(written.status == 0, "\(arguments) \(option): \(written.error)")
      }
    }
    for name in ["convert", "to-distributed", "to-standard", "gather", "scatter", "recalibrate"] {
      let help = try Command("help", name).output
      #expect(help.contains("--lossy") && help.contains("--state-dict-only"), "\(name)")
    }
  }

  /// A weight that can't be read is in the state dict too, and leaving out the rest does not help.
  @Test func whatCannotBeReadOfAModelIsLeftOutOnlyByName() throws {
    for options in [[], ["--state-dict-only"]] {
      let refused = try Command(["convert", Self.unreadable, folder.file("a.pth")] + options)
      #expect(refused.status == 2 && refused.error.contains("--lossy"))
      #expect(!refused.error.contains("with --state-dict-only"), "\(refused.error)")
      #expect(refused.error.contains(Self.unreadable), "the input is at fault")
    }
    // The proof is about what is written; what is not is listed.
    let written = try Command(
      "convert", Self.unreadable, folder.file("a.pth"), "--lossy", "--verify")
    #expect(written.status == 0 && written.output.contains("left out: coo"), "\(written.error)")
    #expect(written.output.contains("verified: equal"))
  }

  /// What only this format can't hold is left out too, and the proof is about the rest.
  @Test(arguments: ["npz", "safetensors"], [[], ["--cast", "float16"]])
  func whatAFormatLeavesOutIsNotProven(suffix: String, options: [String]) throws {
    var stateDict = try Checkpoint.open(Self.unreadable).stateDict()
    let bytes = ByteRegion(Array(repeating: 0, count: 8))
    stateDict["half"] = try Tensor(.complex32, shape: [2], storage: TensorStorage(bytes))
    let input = folder.file("in.pth")
    try Checkpoint(root: .dictionary(stateDict.dictionary))
      .write(to: input, options: WritingOptions(allowsLosses: true))
    let output = folder.file("out.\(suffix)")
    let written = try Command(
      ["convert", input, output, "--lossy", "--verify"] + options)
    #expect(written.status == 0 && written.output.contains("left out: half"), "\(written.error)")
    #expect(written.output.contains("verified: "))
    let whole = try Command(
      [
        "convert", Self.module, output, "--force", "--verify", "--lossy",
        "--state-dict-only",
      ] + options)
    #expect(whole.status == 0, "\(whole.error)")
  }

  @Test func anInstanceNormIsNotMapped() throws {
    let output = folder.file("out.h5")
    let mapped = try Command(
      "to-distributed", Self.module, output, "--world-size", "2", "--verify", "--json")
    #expect(mapped.status == 0, "\(mapped.error)")
    let json = try JSON(parsing: mapped.output)
    let names = json["converted"]?.array?.compactMap(\.string) ?? []
    #expect(names.contains("norm") && !names.contains("instance"), "\(names)")
    #expect(
      json["notes"]?.array?.contains { $0.string?.contains("InstanceNorm1d") == true } == true)
    #expect(try Command("verify", Self.module, output).status == 0)
    let info = try JSON(parsing: Command("info", Self.module, "--json").output)
    let known = info["batch_norms"]?.array?.compactMap { $0["name"]?.string } ?? []
    #expect(known.contains("norm") && !known.contains("instance"))
    let others = info["not_batch_norms"]?.array?.compactMap { $0["name"]?.string } ?? []
    #expect(others == ["instance"])
  }

  /// What differs is said in whole words, with the reason once.
  @Test func verifyNamesWhatCannotBeRead() throws {
    var stateDict = try Checkpoint.open(Self.unreadable).stateDict()
    stateDict["coo"] = try .float32([1, 2])
    let other = folder.file("other.pth")
    try Checkpoint(root: .dictionary(stateDict.dictionary))
      .write(to: other, options: WritingOptions(allowsLosses: true))
    let verified = try Command("verify", other, Self.unreadable)
    #expect(verified.status == 1, "\(verified.error)")
    #expect(
      verified.output.contains("coo: float32 [2] and an unreadable sparse tensor"),
      "\(verified.output)")
  }

  @Test func aTensorWithoutANameIsNotCalledTrainingState() throws {
    let path = folder.file("tensor.pth")
    try Checkpoint(root: .tensor(.float32([1, 2]))).write(to: path)
    let refused = try Command("convert", path, folder.file("out.h5"), "--state-dict-only")
    #expect(refused.status == 2 && refused.error.contains("a single tensor"), "\(refused.error)")
  }

  @Test func ranksWithObjectsAreGatheredAndScatteredWithoutTheRest() throws {
    let source = Fixture("torch/opaque/training").file("checkpoint.pth")
    let copy = folder.file("rank-1.pth")
    try FileManager.default.copyItem(atPath: source, toPath: copy)
    let gathered = folder.file("all.pth")
    #expect(try Command("gather", source, copy, "--output", gathered).status == 2)
    let command = try Command(
      "gather", source, copy, "--output", gathered, "--state-dict-only")
    #expect(command.status == 0, "\(command.error)")
    let scattered = try Command(
      "scatter", gathered, folder.file("part-%d.pth"), "--state-dict-only")
    #expect(scattered.status == 0, "\(scattered.error)")
    let standard = try Command(
      "to-standard", gathered, folder.file("one.pth"), "--state-dict-only")
    #expect(standard.status == 0, "\(standard.error)")
  }

  @Test func infoListsWhatCannotBeRead() throws {
    let info = try Command("info", Self.unreadable)
    #expect(info.status == 0 && info.output.contains("coo: is a sparse tensor"))
    #expect(info.output.contains("full_tensor()"))
  }

  @Test func whatCannotBeReadIsNeverEqual() throws {
    let same = try Command("diff", Self.unreadable, Self.unreadable)
    // The parts of a sparse tensor are compared.
    #expect(same.status == 0, "\(same.output)")
    let check = try Command("check", Self.unreadable)
    #expect(check.status == 0 && check.output.contains("not checked"), "\(check.output)")
  }

  @Test func classesAndSettingsAreShownAndTheirLossIsADifference() throws {
    let info = try Command("info", Self.module)
    #expect(info.output.contains("model/model.0.bn: module BatchNorm2d"), "\(info.output)")
    #expect(info.output.contains("epsilon 0.001, momentum 0.03"))
    let output = folder.file("out.h5")
    #expect(try Command("convert", Self.module, output).status == 0)
    let different = try Command("diff", Self.module, output)
    #expect(different.status == 1)
    #expect(different.output.contains("classes and settings of modules: metadata only in a"))
    #expect(different.output.contains("different: 1 difference"), "\(different.output)")
    #expect(try Command("diff", Self.module, Self.module).status == 0)
  }

  @Test func mappingKeepsTheSettingsOfWholeModules() throws {
    let output = folder.file("out.pth")
    let mapped = try Command(
      "to-distributed", Self.module, output, "--world-size", "2", "--verify")
    #expect(mapped.status == 0, "\(mapped.error)")
    let info = try Command("info", output)
    #expect(info.output.contains("epsilon 0.001, momentum 0.03"), "\(info.output)")
  }

  @Test func aPlainPickleIsReadAndCannotBeWritten() throws {
    let source = Fixture("pickle/detectron2-protocol-4").file("checkpoint.pkl")
    let info = try JSON(parsing: Command("info", source, "--json").output)
    #expect(info["format"] == "pickle" && info["entry"] == "model")
    let output = folder.file("out.safetensors")
    #expect(try Command("convert", source, output).status == 0)
    #expect(try Command("diff", source, output).status == 0)
    let refused = try Command("convert", source, folder.file("out.pkl"))
    #expect(refused.status == 2 && refused.error.contains("cannot be written"))
  }

  @Test func valuesLeftOutWithTheRestAreNamed() throws {
    let source = Fixture("torch/opaque/training").file("checkpoint.pth")
    let alone = try Command(
      "convert", source, folder.file("out.pth"), "--state-dict-only")
    #expect(alone.status == 0 && alone.error.contains("when (datetime.datetime)"), "\(alone.error)")
  }
}
