import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Shards of any format, which an index names.
struct ShardTests {
  static let cases = Fixture.all("torch/shards")

  private static func index(of fixture: Fixture) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: fixture.file(""))
    return fixture.file(try #require(names.first { $0.contains(".index") }))
  }

  @Test func thereAreFixtures() { #expect(Self.cases.count == 6) }

  @Test(arguments: cases)
  func shardsArePutTogetherInTheOrderOfTheirIndex(fixture: Fixture) throws {
    for path in [try Self.index(of: fixture), fixture.file(""), "\(fixture.file(""))/"] {
      let checkpoint = try Checkpoint.open(path)
      #expect(
        try Expectation.tensors(checkpoint.stateDict()) == fixture.expected["tensors"], "\(path)")
      #expect(checkpoint.notes.isEmpty && checkpoint.part == nil && checkpoint.path == path)
      #expect(checkpoint.format == "safetensors" || checkpoint.format == "torch-zip")
      #expect(try FormatRegistry.standard.recognise(path).name == checkpoint.format)
    }
  }

  @Test(arguments: cases)
  func oneShardAloneIsAPartAndItsIndexIsNamed(fixture: Fixture) throws {
    let index = try Self.index(of: fixture)
    let name = try #require(index.split(separator: "/").last)
    let names = try FileManager.default.contentsOfDirectory(atPath: fixture.file(""))
    for shard in names where shard.hasSuffix(".bin") || shard.hasSuffix(".safetensors") {
      let error = try #require(throws: CheckpointError.self) {
        try Checkpoint.open(fixture.file(shard))
      }
      #expect(error.code == .partOfModel && error.reason.contains(name), "\(error)")
      #expect(error.advice?.description.contains("give the index") == true)
    }
  }

  /// A copy of `bin` with one file changed or removed.
  private static func copy(without name: String? = nil) throws -> TemporaryFolder {
    let (fixture, folder) = (Fixture("torch/shards/bin"), try TemporaryFolder())
    let names = try FileManager.default.contentsOfDirectory(atPath: fixture.file(""))
    for other in names where other != name {
      _ = try folder.write(fixture.bytes(other), to: other)
    }
    return folder
  }

  @Test func `other checkpoints in a folder are noted, since one is chosen for the user`() throws {
    let folder = try TemporaryFolder()
    let model = Checkpoint(
      root: .dictionary(
        try StateDict.batchNorm(means: [[1]], variances: [[1]], counters: [1]).dictionary))
    try model.write(to: folder.file("model.safetensors"))
    #expect(try Checkpoint.open(folder.path).notes.isEmpty)
    try model.write(to: folder.file("pytorch_model.bin"))
    _ = try folder.write(Array("{}".utf8), to: "config.json")
    let notes = try Checkpoint.open(folder.path).notes.map(\.description)
    #expect(notes.count == 1 && notes[0].contains("read as model.safetensors; pytorch_model.bin"))
    #expect(try Checkpoint.open(folder.file("model.safetensors")).notes.isEmpty)
  }

  /// Readers of the folder would take the old index for it.
  @Test func oneFileTakesThePlaceOfAnIndexOfItsNameAndTheShards() throws {
    let folder = try Self.copy()
    let (path, old) = (folder.file("pytorch_model.bin"), folder.contents)
    var stateDict = StateDict()
    stateDict["new"] = try Tensor(elements: [Float(1)], shape: [1])
    let checkpoint = Checkpoint(root: .dictionary(stateDict.dictionary))
    let error = #expect(throws: CheckpointError.self) { try checkpoint.write(to: path) }
    #expect(error?.code == .fileExists && error?.path == "\(path).index.json")
    #expect(folder.contents == old)
    try checkpoint.write(to: path, options: WritingOptions(existing: .replace))
    #expect(!folder.contents.contains { $0.contains("-of-") || $0.contains("index") })
    #expect(try Checkpoint.open(path).stateDict().names == ["new"])
  }

  @Test func aMissingShardIsNamed() throws {
    let folder = try Self.copy(without: "pytorch_model-00002-of-00002.bin")
    for path in [folder.path, folder.file("pytorch_model.bin.index.json")] {
      let error = try #require(throws: CheckpointError.self) { try Checkpoint.open(path) }
      #expect(error.code == .shardMissing)
      #expect(error.path == folder.file("pytorch_model-00002-of-00002.bin"))
    }
  }

  /// An index is text from anywhere: it must not lead to other files, or to itself.
  @Test(arguments: [
    (#"{"weight_map": {"w": "../secret.bin"}}"#, CheckpointError.Code.shardPath),
    (#"{"weight_map": {"w": "x.index.json"}}"#, .unknownFormat),
    (#"{"weight_map": {"w": 1}}"#, .shardIndex), (#"{"weights": {}}"#, .shardIndex),
    (#"{"weight_map": {"w": "other.pth"}}"#, .shardTensorUnlisted),
    (
      #"{"weight_map": {"b": "other.pth", "a": "other.pth", "w": "other.pth"}}"#,
      .shardTensorMissing
    ),
    (#"{"weight_map": {"w": "number.pth"}}"#, .shardTensorMissing), ("{", .invalidJSON),
  ])
  func brokenIndexesAreRefused(text: String, code: CheckpointError.Code) throws {
    let folder = try TemporaryFolder()
    var stateDict = StateDict()
    for name in ["a", "b"] { stateDict[name] = try Tensor(elements: [Float(1)], shape: [1]) }
    try Checkpoint(root: .dictionary(stateDict.dictionary)).write(to: folder.file("other.pth"))
    try Checkpoint(root: .int(1)).write(to: folder.file("number.pth"))
    let index = try folder.write(Array(text.utf8), to: "x.index.json")
    let error = try #require(throws: CheckpointError.self) { try Checkpoint.open(index) }
    #expect(error.code == code, "\(error)")
  }

  @Test func twoIndexesInAFolderAreAmbiguous() throws {
    let folder = try Self.copy()
    _ = try folder.write(
      Fixture("torch/shards/bin").bytes("pytorch_model.bin.index.json"), to: "other.index.json")
    let error = try #require(throws: CheckpointError.self) { try Checkpoint.open(folder.path) }
    #expect(error.code == .shardFolder && error.reason.contains("other.index.json"), "\(error)")
  }

  @Test func mutatedIndexesEndInAValueOrAnError() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed)
    let original = try Fixture("torch/shards/bin").bytes("pytorch_model.bin.index.json")
    let folder = try Self.copy()
    for _ in 0..<300 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      if Bool.random(using: &generator) { bytes.removeLast(.random(in: 0..<40, using: &generator)) }
      let index = try folder.write(bytes, to: "pytorch_model.bin.index.json")
      _ = try? Checkpoint.open(index)
    }
  }
}
