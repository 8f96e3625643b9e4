import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// The main job as a user does it, on checkpoints that PyTorch wrote.
struct MainJobTests {
  private let folder: TemporaryFolder
  private let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
  private let drifted = Fixture("torch/digits-replicated").file("checkpoint.pth")

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test(arguments: ["torch/digits-standard", "torch/resnet18", "torch/training"])
  func toDistributedAndBackIsEqual(fixture: String) throws {
    let source = Fixture(fixture).file("checkpoint.pth")
    let (there, back) = (folder.file("there.h5"), folder.file("back.h5"))
    let mapped = try Command("to-distributed", source, there, "--world-size", "8")
    #expect(mapped.status == 0 && mapped.error.isEmpty, "\(mapped.error)")
    #expect(try Command("to-standard", there, back).status == 0)
    let same = try Command("diff", source, back)
    #expect(same.status == 0 && same.output.hasPrefix("equal"), "\(same.output)")
    let changed = try Command("diff", source, there)
    #expect(changed.status == 1 && changed.output.contains("running_mean: shape"))
    #expect(folder.contents == ["back.h5", "there.h5"])
  }

  @Test(arguments: ["eval", "train"])
  func aConvertedCheckpointIsProvenBitIdentical(mode: String) throws {
    let there = folder.file("there.h5")
    #expect(try Command("to-distributed", digits, there, "--world-size", "4").status == 0)
    let verified = try Command("verify", digits, there, "--mode", mode, "--json")
    #expect(verified.status == 0)
    let result = try JSON(parsing: verified.output)
    #expect(result["equal"] == true && result["bit_identical"] == true)
    #expect(result["max_ulp"] == 0 && result["mode"] == .string(mode))
    #expect(result["samples"] == 8 && result["first_divergence"] == .null)
    #expect(result["layers"]?.array?.compactMap { $0["name"]?.string } == ["bn1", "bn2", "bn3"])
  }

  @Test func replicasThatDifferAreMergedOnlyByChoice() throws {
    let merged = folder.file("merged.h5")
    let refused = try Command("to-standard", drifted, merged)
    #expect(refused.status == 2 && refused.output.isEmpty)
    #expect(refused.error.split(separator: "\n").count == 1)
    for word in ["standard deviations", "first", "mean", "pooled", "replica:K", "bn"] {
      #expect(refused.error.contains(word), "\(word) in: \(refused.error)")
    }
    #expect(folder.contents.isEmpty)
    #expect(try Command("to-standard", drifted, merged, "--statistics", "pooled").status == 0)
    let record = try #require(try Checkpoint.open(merged).history.last)
    #expect(record["operation"] == "to-standard" && record["statistics"] == "pooled")
    #expect(record["drifted"] == 3)
    let compared = try Command("verify", drifted, merged)
    #expect(compared.status == 1 && compared.output.contains("first divergence: bn1"))
  }

  @Test func infoTellsTheContract() throws {
    let there = folder.file("there.h5")
    #expect(try Command("to-distributed", digits, there, "--world-size", "8").status == 0)
    let info = try JSON(parsing: Command("info", there, "--json").output)
    #expect(info["format"] == "hdf5" && info["entry"] == "")
    let mean = try #require(info["tensors"]?.array?.first { $0["name"] == "bn1.running_mean" })
    #expect(
      mean == [
        "name": "bn1.running_mean", "dtype": "float32", "shape": [8, 16], "bytes": 512,
        "tied_to": .null, "kind": "buffer",
      ])
    #expect(
      info["batch_norms"]?.array?.first == [
        "name": "bn1", "features": 16, "layout": "replicated", "world_size": 8, "affine": true,
        "replicas_identical": true, "drift": ["mean": .double(0), "variance": .double(0)],
        "epsilon": .null, "momentum": .null,
      ])
    #expect(info["history"]?.array?.first?["operation"] == "to-distributed")
  }

  @Test func infoSaysWhichPlacesCouldBeTheStateDict() throws {
    var root = CheckpointDictionary()
    var stateDict = StateDict()
    stateDict["1.running_mean"] = try .float32([1, 2])
    for name in ["G", "D"] { root.set(.string(name), to: .dictionary(stateDict.dictionary)) }
    let path = folder.file("gan.h5")
    try Checkpoint(root: .dictionary(root)).write(to: path)
    let info = try Command("info", path)
    #expect(info.status == 0)
    #expect(info.output.contains("hdf5, 2 entries could be the state dict: G, D, 2 tensors"))
    let tensors = try JSON(parsing: Command("info", path, "--json").output)["tensors"]?.array
    #expect(tensors?.allSatisfy { $0["kind"] == "buffer" } == true)
  }

  @Test func whatHasNoNameIsCalledTheRoot() throws {
    var batchNorm = StateDict()
    for last in ["weight", "running_mean", "running_var"] {
      batchNorm[last] = try .float32([1, 2])
    }
    let path = folder.file("bare.h5")
    try Checkpoint(root: .dictionary(batchNorm.dictionary)).write(to: path)
    #expect(try Command("info", path).output.contains(/\(root\) +2  standard/))
    #expect(try Command("verify", path, path, "--layers").output.contains("(root): max abs"))
    let refused = try Command("to-standard", path, folder.file("out.h5"), "--strict")
    #expect(refused.error.hasPrefix("dbn-convert: error: \(path): its layout is already"))
  }

  @Test func namesFromAFileCannotMoveTheCursor() throws {
    var root = CheckpointDictionary()
    var stateDict = StateDict()
    for last in ["running_mean", "running_var"] {
      stateDict["\u{1B}[31m.\(last)"] = try .float32([1, 2])
      stateDict["bn.\(last)"] = try .float32([1, 2])
    }
    root.set(.string("\u{1B}[2J"), to: .dictionary(stateDict.dictionary))
    let path = folder.file("escape.h5")
    try Checkpoint(root: .dictionary(root)).write(to: path)
    for arguments in [
      ["info", path],
      ["to-distributed", path, folder.file("o.h5"), "--world-size", "2", "--include", "bn"],
    ] {
      let command = try Command(arguments)
      #expect(command.status == 0 && !command.output.contains("\u{1B}"), "\(command.output)")
    }
  }

  @Test func theRestOfATrainingCheckpointIsCarriedAlong() throws {
    let source = Fixture("torch/training").file("checkpoint.pth")
    let there = folder.file("there.h5")
    #expect(try Command("to-distributed", source, there, "--world-size", "2").status == 0)
    let (before, after) = (try Checkpoint.open(source), try Checkpoint.open(there))
    let rest = { (checkpoint: Checkpoint) throws -> JSON in
      let (entry, _) = try checkpoint.findStateDict()
      return try Expectation.tree(
        checkpoint.replacingStateDict(at: entry, with: StateDict()).root)
    }
    #expect(try rest(before) == rest(after))
    #expect(try after.findStateDict().entry.description == "state_dict")
  }

  @Test func theSameInputGivesTheSameBytes() throws {
    for name in ["one.h5", "two.h5"] {
      let written = try Command("to-distributed", digits, folder.file(name), "--world-size", "3")
      #expect(written.status == 0)
    }
    let (one, two) = (
      try Data(contentsOf: URL(filePath: folder.file("one.h5"))),
      try Data(contentsOf: URL(filePath: folder.file("two.h5")))
    )
    #expect(one == two && !one.isEmpty)
  }
}
