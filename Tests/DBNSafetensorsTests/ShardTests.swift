import DBNCheckpointFormatContract
import DBNCheckpointFormats
import DBNTensors
import DBNTestSupport
import Foundation
import Synchronization
import Testing

@testable import DBNSafetensors

/// Checkpoints of several files.
struct ShardTests {
  private let folder: TemporaryFolder
  private let path: String
  private let index: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("model.safetensors")
    index = folder.file("model.safetensors.index.json")
  }

  static let contract = FormatContract(
    of: SafetensorsFormat(), options: WritingOptions(shardByteCount: 50),
    holds: ContractTests.contract.holds,
    read: { path in
      let index = "\(path).index.json"
      return try SafetensorsFormat().read(
        FileManager.default.fileExists(atPath: index) ? index : path)
    })

  /// All but the rule about prefixes, which is of one file.
  @Test(
    arguments: FormatContract.rules.filter { !$0.description.contains("prefix") })
  func theContractHoldsForShards(rule: FormatContract.Rule) throws {
    try rule.check(Self.contract)
  }

  private func write(_ names: [String], shardByteCount: Int = 50) throws {
    try SafetensorsFormat().write(
      Checkpoint(root: .dictionary(try FormatContract.stateDict(names))), to: path,
      options: WritingOptions(existing: .replace, shardByteCount: shardByteCount))
  }

  @Test func shardsAreNamedAndFilledInOrder() throws {
    _ = try folder.write([1], to: "model.safetensors")
    try write(["c", "a", "b"])
    #expect(
      folder.contents == [
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
      ])
    let shard = try SafetensorsHeader.read(
      MappedFile.open(folder.file("model-00001-of-00002.safetensors"))
    ).header
    #expect(shard.names.names == ["a", "c"])
    #expect(shard.metadata.map(\.name) == ["format", "dbn-set"])
    let json = try JSON(parsing: MappedFile.open(index))
    #expect(
      try String(contentsOfFile: index, encoding: .utf8) == json.text(indented: true) + "\n")
    #expect(json["metadata"]?["total_size"] == 72)
    #expect(json["weight_map"]?["b"] == "model-00002-of-00002.safetensors")
    #expect(try SafetensorsFormat().entryPoint(in: SourceFolder(folder.path))?.path == index)
  }

  /// Of the checkpoint that had the name before, nothing is left; other files stay.
  @Test func shardsOfTheOldIndexGoWithIt() throws {
    try write(["a", "b", "c"], shardByteCount: 1)
    _ = try folder.write([1], to: "model-00001-of-00009.safetensors")
    _ = try folder.write([1], to: "other.safetensors")
    #expect(folder.contents.count == 6)
    try write(["c", "a", "b"])
    let others = ["model-00001-of-00009.safetensors", "other.safetensors"]
    let new = [
      "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
      "model.safetensors.index.json",
    ]
    #expect(folder.contents == (new + others).sorted())
    // A file of another name that the index names may be another checkpoint's too.
    let text = try String(contentsOfFile: index, encoding: .utf8)
      .replacing("model-00002-of-00002.safetensors", with: "other.safetensors")
    try Data(text.utf8).write(to: URL(filePath: index))
    try write(["a"])
    #expect(
      folder.contents
        == (others + ["model-00002-of-00002.safetensors", "model.safetensors"])
        .sorted())
  }

  @Test func oneFileDoesNotStandBesideAnIndexOfItsName() throws {
    try write(["c", "a", "b"])
    let old = folder.contents
    let checkpoint = Checkpoint(root: .dictionary(try FormatContract.stateDict(["z"])))
    let error = #expect(throws: CheckpointError.self) {
      try SafetensorsFormat().write(checkpoint, to: path)
    }
    #expect(error?.code == .fileExists && error?.path == index)
    #expect(folder.contents == old)
    try SafetensorsFormat().write(
      checkpoint, to: path, options: WritingOptions(existing: .replace))
    #expect(folder.contents == ["model.safetensors"])
  }

  @Test func oneShardIsOneFileWithoutAnIndex() throws {
    try write(["a", "b"])
    #expect(folder.contents == ["model.safetensors"])
    #expect(try SafetensorsFormat().entryPoint(in: SourceFolder(folder.path))?.path == path)
  }

  @Test func tensorsBeyondTheLimitStandAlone() throws {
    try write(["a", "b", "c"], shardByteCount: 1)
    #expect(folder.contents.count == 4)
    let error = #expect(throws: CheckpointError.self) { try write(["a"], shardByteCount: 0) }
    #expect(error?.code == .cannotBeWritten)
  }

  @Test func aFailureInTheLastShardLeavesAllAsItWas() throws {
    try write(["c", "a", "b"])
    _ = try folder.write([1, 2, 3], to: "model.safetensors")
    let old = try contents()
    // The second shard's place is taken before it is complete.
    let shard = folder.file("model~2-00002-of-00002.safetensors")
    let trap = TensorStorage(computing: 48) { _ in mkdir(shard, 0o777) }
    var stateDict = CheckpointDictionary()
    let other = CheckpointValue.tensor(try FormatContract.makeTensor(.uint8, [48]))
    stateDict.set(.string("first"), to: other)
    stateDict.set(
      .string("second"), to: .tensor(try Tensor(.uint8, shape: [48], storage: trap)))
    let error = #expect(throws: CheckpointError.self) {
      try SafetensorsFormat().write(
        Checkpoint(root: .dictionary(stateDict)), to: path,
        options: WritingOptions(existing: .replace, shardByteCount: 50))
    }
    #expect(error?.code == .notARegularFile && error?.path == shard)
    rmdir(shard)
    #expect(try contents() == old)
  }

  /// No shard replaces another: the old index and its shards are whole until the new index is there.
  @Test func shardsOfTheSameNamesAreWrittenBesideTheOld() throws {
    func shards(_ mark: String) -> [String] {
      (1...2).map { "model\(mark)-0000\($0)-of-00002.safetensors" } + [
        "model.safetensors.index.json"
      ]
    }
    try write(["a", "b", "c"])
    let old = try contents()
    // While the new files are written, the old checkpoint can be read.
    let seen = Mutex<[String: Data]>([:])
    let trap = TensorStorage(computing: 48) { _ in
      let now = (try? contents()) ?? [:]
      seen.withLock { $0 = now }
    }
    var stateDict = CheckpointDictionary()
    stateDict.set(.string("a"), to: .tensor(try FormatContract.makeTensor(.uint8, [48])))
    stateDict.set(.string("z"), to: .tensor(try Tensor(.uint8, shape: [48], storage: trap)))
    try SafetensorsFormat().write(
      Checkpoint(root: .dictionary(stateDict)), to: path,
      options: WritingOptions(existing: .replace, shardByteCount: 50))
    #expect(seen.withLock { $0 } == old)
    #expect(folder.contents == shards("~2").sorted())
    #expect(try SafetensorsFormat().read(index).root.dictionary?.entries.count == 2)
    // The usual names are free again.
    try write(["a", "b", "c"])
    #expect(try contents() == old)
  }

  @Test(arguments: [
    ("model~2-00001-of-00003.safetensors", 2, "model"),
    ("m~2~3-00001-of-00003.safetensors", 3, "m~2"),
    ("model-00001-of-00003.safetensors", 1, "model"),
    ("model~-00001-of-00003.safetensors", 1, "model~"),
    ("model~1-00001-of-00003.safetensors", 1, "model~1"),
    ("model~02-00001-of-00003.safetensors", 1, "model~02"),
    ("model~x-00001-of-00003.safetensors", 1, "model~x"),
  ])
  func shardsOfEveryEditionHaveTheSameIndex(path: String, edition: Int, stem: String) throws {
    let name = try #require(ShardFileName(path))
    #expect(name.edition == edition && name.stem == stem)
    #expect(name.usualIndexName == "\(stem).safetensors.index.json")
    #expect(name.missing?.contains(path.replacing("00001", with: "00002")) == true)
  }

  /// A file among the names is no reason to replace it, even if others may be.
  @Test func linksWithTheNamesOfShardsStay() throws {
    _ = try folder.write([1], to: "other")
    symlink("other", folder.file("model-00002-of-00002.safetensors"))
    try write(["a", "b", "c"])
    #expect(folder.contents.contains("model~2-00002-of-00002.safetensors"))
    #expect(try contents()["other"] == Data([1]))
  }

  @Test func shardsOfTwoCheckpointsAreNotRead() throws {
    let shard = "model-00002-of-00002.safetensors"
    func write(_ value: UInt8) throws {
      var stateDict = CheckpointDictionary()
      for (name, value) in [("a", 1), ("b", value)] {
        let storage = TensorStorage(Array(repeating: value, count: 48))
        stateDict.set(.string(name), to: .tensor(try Tensor(.uint8, shape: [48], storage: storage)))
      }
      try SafetensorsFormat().write(
        Checkpoint(root: .dictionary(stateDict)), to: path,
        options: WritingOptions(existing: .replace, shardByteCount: 50))
    }
    try write(7)
    let old = try contents()
    for name in folder.contents { unlink(folder.file(name)) }
    try write(8)
    #expect(folder.contents == old.keys.sorted())
    try old[shard]?.write(to: URL(filePath: folder.file(shard)))
    let error = #expect(throws: CheckpointError.self) { try SafetensorsFormat().read(index) }
    #expect(error?.code == .shardSet && error?.path == folder.file(shard))
    // The advice works.
    let text = try String(contentsOfFile: index, encoding: .utf8)
    let set = try #require(text.firstMatch(of: #/"dbn-set": "[0-9a-f]{16}", /#))
    try Data(text.replacing(set.output, with: "").utf8).write(to: URL(filePath: index))
    #expect(try SafetensorsFormat().read(index).root.dictionary?.entries.count == 2)
  }

  private func contents() throws -> [String: Data] {
    try Dictionary(
      uniqueKeysWithValues: folder.contents.map {
        ($0, try Data(contentsOf: URL(filePath: folder.file($0))))
      })
  }

  /// The code of reading the fixture's shards with another index.
  private func failure(
    _ change: (String) -> String, without missing: String? = nil
  ) throws -> CheckpointError {
    let fixture = Fixture("safetensors/sharded")
    for number in 1...3 {
      let name = "model-0000\(number)-of-00003.safetensors"
      if name != missing { _ = try folder.write(fixture.bytes(name), to: name) }
    }
    let text = String(decoding: try fixture.bytes("model.safetensors.index.json"), as: UTF8.self)
    _ = try folder.write(Array(change(text).utf8), to: "model.safetensors.index.json")
    return try #require(
      #expect(throws: CheckpointError.self) { try SafetensorsFormat().read(index) })
  }

  @Test func missingShardsAreNamed() throws {
    let name = "model-00002-of-00003.safetensors"
    let error = try failure({ $0 }, without: name)
    #expect(error.code == .shardMissing && error.path == folder.file(name))
  }

  @Test func tensorsInTheWrongShardAreRefused() throws {
    let error = try failure {
      $0.replacing(
        #""head.weight": "model-00003"#, with: #""head.weight": "model-00001"#)
    }
    #expect(error.code == .shardTensorUnlisted && error.name == "head.weight")
  }

  @Test func tensorsThatNoShardHasAreRefused() throws {
    let error = try failure {
      $0.replacing(
        #""weight_map": {"#, with: #""weight_map": {"x": "model-00001-of-00003.safetensors","#)
    }
    #expect(error.code == .shardTensorMissing && error.name == "x")
  }

  @Test func tensorsThatTheIndexOmitsAreRefused() throws {
    let error = try failure { $0.replacing(#""head.weight""#, with: #""head.bias""#) }
    #expect(error.code == .shardTensorUnlisted && error.name == "head.weight")
  }

  @Test(arguments: ["../secret", "/etc/passwd", "a/../../b", "", ".", "..", "a\\u0000b", "sub/a"])
  func shardsOutsideTheFolderAreRefused(shard: String) throws {
    let error = try failure {
      $0.replacing(#""weight_map": {"#, with: #""weight_map": {"x": "\#(shard)","#)
    }
    #expect(error.code == .shardPath && error.name == "x")
  }

  @Test(arguments: [
    "{}", "[]", #"{"weight_map": []}"#, #"{"weight_map": {"a": 1, "b": ".."}}"#,
    #"{"weight_map": {"a": 1}, "metadata": 1}"#,
  ])
  func indexesHaveTheirForm(text: String) throws {
    #expect(try failure { _ in text }.code == .shardIndex)
  }

  @Test(arguments: [
    #"{"weight_map": {"a": "x", "a": "y"}}"#, #"{"weight_map": {"a": ".."}, "b": 1, "b": 2}"#,
    #"{"weight_map": {"a": 1}} x"#, #"{"metadata": {"a": 1, "a": 1}, "weight_map": {}}"#, "1 2",
  ])
  func indexesAreJSONBeforeAllElse(text: String) throws {
    #expect(try failure { _ in text }.code == .invalidJSON)
  }

  @Test func foldersWithSeveralCheckpointsAreAmbiguous() throws {
    #expect(try SafetensorsFormat().entryPoint(in: SourceFolder(folder.path))?.path == nil)
    for name in ["a", "b"] { _ = try folder.write([1], to: "\(name).safetensors") }
    let error = #expect(throws: CheckpointError.self) {
      try SafetensorsFormat().entryPoint(in: SourceFolder(folder.path))
    }
    #expect(error?.code == .shardFolder)
  }

  @Test func shardsThatDisagreeAboutMetadataAreNoted() throws {
    let record = "model-00001-of-00002.safetensors"
    for (number, author) in [(1, "x"), (2, "y")] {
      var files = StagedFiles()
      let file = try files.makeFile(
        folder.file("model-0000\(number)-of-00002.safetensors"), existing: .refuse)
      try SafetensorsFile(
        TensorNames([("t\(number)", try FormatContract.makeTensor())]),
        metadata: [("author", author)]
      ).write(to: file.destination)
      try files.add(file)
      try files.commit()
    }
    let text =
      #"{"metadata": {"total_size": 1, "odd": 1}, "weight_map": {"t1": "\#(record)", "#
      + #""t2": "model-00002-of-00002.safetensors"}}"#
    _ = try folder.write(Array(text.utf8), to: "model.safetensors.index.json")
    let checkpoint = try SafetensorsFormat().read(index)
    #expect(checkpoint.notes.count == 3)
    let metadata = checkpoint.root.dictionary?.attributes.first?.value.dictionary
    #expect(
      try metadata.map { try Expectation.tree(.dictionary($0)) } == [
        "dict": [[["str": "author"], ["str": "x"]]]
      ])
  }
}
