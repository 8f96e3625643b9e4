import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import DBNTorch
import Foundation
import Testing

/// Files that are one part of a model.
struct PartTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Shards of real writers: the name of the index beside them, where there is one.
  static let parts: [(file: String, index: String?)] = [
    (
      Fixture("torch/sharded").file("pytorch_model-00001-of-00002.bin"),
      "pytorch_model.bin.index.json"
    ),
    (
      Fixture("safetensors/sharded").file("model-00002-of-00003.safetensors"),
      "model.safetensors.index.json"
    ),
    (Fixture("safetensors/ranks").file("shard-00002-model-00001-of-00001.safetensors"), nil),
  ]

  @Test(arguments: parts)
  func aPartIsRefusedUnlessAskedFor(part: (file: String, index: String?)) throws {
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(part.file) }
    #expect(error?.code == .partOfModel && error?.path == part.file)
    #expect(error?.advice?.choices == [.acceptingParts])
    if let index = part.index { #expect(error?.reason.contains(index) == true) }
    let checkpoint = try Checkpoint.open(part.file, options: ReadingOptions(acceptsParts: true))
    #expect(checkpoint.part != nil && checkpoint.notes.count == 1)
  }

  @Test(arguments: ["sharded", "ranks"])
  func allPartsTogetherAreNone(name: String) throws {
    let folder = Fixture("safetensors/\(name)").file("")
    #expect(try Checkpoint.open(folder).part == nil)
    #expect(try Checkpoint.open(String(folder.dropLast())).part == nil)
    #expect(try FormatRegistry.standard.recognise(folder).name == "safetensors")
  }

  /// Names that people give to whole checkpoints.
  @Test(arguments: [
    "model.pth", "fold-1-of-5.pth", "model-00001-of-00001.pth", "run-00003.pth",
    "epoch-1-of-10.pth",
    "model-00003-of-00002.pth", "model-00000-of-00002.pth", "x-00001-of-00002-merged.pth",
    "-of-.pth", "00001-of-00002.pth", "a-0001-of-0002.pth",
  ])
  func otherNumbersInNamesAreNoParts(name: String) throws {
    let path = folder.file(name)
    try checkpoint().write(to: path)
    #expect(try Checkpoint.open(path).part == nil)
  }

  @Test(arguments: ["pth", "h5", "safetensors"])
  func aNameTellsInEveryFormat(fileExtension: String) throws {
    let path = folder.file("model-00001-of-000163.\(fileExtension)")
    try checkpoint().write(to: path)
    try checkpoint().write(to: folder.file("model-00163-of-000163.\(fileExtension)"))
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(path) }
    #expect(error?.code == .partOfModel)
    #expect(error?.reason.contains("part 1 of 163") == true)
    #expect(error?.reason.contains("model-00002-of-000163.\(fileExtension)") == true)
    #expect(error?.reason.contains("and 158 more are missing") == true)
  }

  /// Whole checkpoints have such names too: of epochs, for example.
  @Test func aNameAloneDoesNotMakeAFileAPart() throws {
    let path = folder.file("epoch-00001-of-00100.safetensors")
    try checkpoint().write(to: path)
    let bare = try Checkpoint.open(path)
    #expect(bare.part == nil && bare.notes.count == 1)
    #expect(bare.notes.first?.contains("the name of part 1 of 100") == true)
    // An index of another checkpoint with the same name does not name it.
    let index = folder.file("epoch.safetensors.index.json")
    let text = { (name: String) in Data(#"{"weight_map": {"w": "\#(name)"}}"#.utf8) }
    try text("other.safetensors").write(to: URL(filePath: index))
    #expect(try Checkpoint.open(path).part == nil)
    try text("epoch-00001-of-00100.safetensors").write(to: URL(filePath: index))
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(path) }
    #expect(error?.code == .partOfModel && error?.reason.contains("its index") == true)
    // A tree with more than weights is no shard.
    let whole = folder.file("run-00001-of-00100.pth")
    let stateDict = CheckpointValue.dictionary(try #require(checkpoint().root.dictionary))
    try Checkpoint(root: Self.mapping(["model": stateDict, "epoch": .int(1)])).write(to: whole)
    let opened = try Checkpoint.open(whole)
    #expect(opened.part == nil && opened.notes.isEmpty)
  }

  @Test func adviceNamesAnIndexOnlyIfThatNamesTheFile() throws {
    for number in 1...2 {
      try checkpoint().write(to: folder.file("m-0000\(number)-of-00002.safetensors"))
    }
    let index = folder.file("m.safetensors.index.json")
    try Data(#"{"weight_map": {"w": "m-00001-of-00003.safetensors"}}"#.utf8)
      .write(to: URL(filePath: index))
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint.open(folder.file("m-00001-of-00002.safetensors"))
    }
    #expect(error?.code == .partOfModel && error?.reason.contains("index") == false)
    #expect(error?.advice?.description.contains("give the index") == false)
  }

  @Test func aPartIsOneBehindALinkToo() throws {
    let link = folder.file("whole.safetensors")
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: Self.parts[1].file)
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(link) }
    #expect(error?.code == .partOfModel && error?.path == link)
    #expect(error?.reason.contains("'model-00002-of-00003.safetensors'") == true)
    #expect(error?.reason.contains("model.safetensors.index.json") == true)
  }

  /// A renamed shard of one rank is told by what is in it, in whatever format it was written again.
  @Test(arguments: ["pth", "h5", "safetensors"])
  func slicesOfARankAreToldByTheirMetadata(fileExtension: String) throws {
    let part = try Checkpoint.open(
      Self.parts[2].file, options: ReadingOptions(acceptsParts: true))
    let path = folder.file("mine.\(fileExtension)")
    try part.write(to: path)
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(path) }
    #expect(error?.code == .partOfModel && error?.reason.contains("DCP_SHARDING_INFO") == true)
  }

  /// Trees as DeepSpeed saves them.
  static let deepSpeed: [(name: String, root: [String: CheckpointValue], words: String)] = [
    (
      "optimizer of stage 2",
      ["optimizer_state_dict": mapping(["partition_count": .int(2), "zero_stage": .int(2)])],
      "optimizer of DeepSpeed"
    ),
    (
      "optimizer of stage 3", ["optimizer_state_dict": mapping(["fp32_flat_groups": .list([])])],
      "optimizer of DeepSpeed"
    ),
    (
      "weights of stage 3",
      [
        "module": mapping(["w": tensor([0])]),
        "param_shapes": .list([mapping(["w": .size([2, 3])])]),
      ], "names and shapes"
    ),
    (
      "weights in slices", ["module": mapping(["w": tensor([2])]), "mp_world_size": .int(2)],
      "one of 2 parts"
    ),
  ]

  @Test(arguments: deepSpeed.indices)
  func partsOfDeepSpeedAreToldByTheirContent(index: Int) throws {
    let (name, root, words) = Self.deepSpeed[index]
    let path = folder.file("mine.pth")
    try Checkpoint(root: Self.mapping(root)).write(to: path)
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(path) }
    #expect(error?.code == .partOfModel, "\(name)")
    #expect(error?.reason.contains(words) == true, "\(name)")
  }

  /// What stages 1 and 2 save of the weights is whole.
  @Test func weightsOfDeepSpeedThatAreWholeAreNoPart() throws {
    let path = folder.file("mp_rank_00_model_states.pt")
    let root = [
      "module": Self.mapping(["w": Self.tensor([2])]), "mp_world_size": .int(1),
      "param_shapes": .list([Self.mapping(["w": .size([2])])]),
    ]
    try Checkpoint(root: Self.mapping(root)).write(to: path)
    #expect(try Checkpoint.open(path).part == nil)
  }

  @Test func shardsOfKerasAreToldByTheirIndex() throws {
    let shard = folder.file("net_00000.weights.h5")
    try FileManager.default.copyItem(
      atPath: Fixture("keras/keras3-weights").file("weights.h5"), toPath: shard)
    #expect(try Checkpoint.open(shard).part == nil)
    let index = folder.file("net.weights.json")
    let names = { (second: String) in
      #"{"weight_map": {"/layers/dense/vars": ["net_00000.weights.h5", "\#(second)"]}}"#
    }
    try Data(names("net_00000.weights.h5").utf8).write(to: URL(filePath: index))
    #expect(try Checkpoint.open(shard).part == nil)
    try Data(names("net_00001.weights.h5").utf8).write(to: URL(filePath: index))
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(shard) }
    #expect(error?.code == .partOfModel && error?.reason.contains("net.weights.json") == true)
  }

  @Test func aFolderOfPartsWithoutAnIndexNamesTheMissingOnes() throws {
    for number in [1, 3] {
      let name = "model-0000\(number)-of-00003.safetensors"
      try FileManager.default.copyItem(
        atPath: Fixture("safetensors/sharded").file(name), toPath: folder.file(name))
    }
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(folder.path) }
    #expect(error?.reason.contains("2 of 3 parts") == true)
    #expect(error?.reason.contains("model-00002-of-00003.safetensors is missing") == true)
    #expect(error?.reason.contains("model.safetensors.index.json") == true)
  }

  @Test func aFileOfADistributedCheckpointIsAPart() throws {
    let file = folder.file("__0_0.distcp")
    try checkpoint().write(to: file, as: TorchZipFormat())
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(file) }
    #expect(error?.code == .partOfModel && error?.advice == "give the folder instead")
  }

  private func checkpoint() throws -> Checkpoint {
    Checkpoint(
      root: .dictionary(try StateDict.batchNorm(means: [[1, 2]], variances: [[3, 4]]).dictionary))
  }

  private static func mapping(_ entries: [String: CheckpointValue]) -> CheckpointValue {
    var dictionary = CheckpointDictionary()
    for (name, value) in entries.sorted(by: { $0.key < $1.key }) {
      dictionary.set(.string(name), to: value)
    }
    return .dictionary(dictionary)
  }

  private static func tensor(_ shape: [Int]) -> CheckpointValue {
    let bytes = [UInt8](repeating: 0, count: shape.reduce(4, *))
    let tensor = try? Tensor(.float32, shape: shape, storage: TensorStorage(ByteRegion(bytes)))
    return tensor.map { .tensor($0) } ?? .none
  }
}
