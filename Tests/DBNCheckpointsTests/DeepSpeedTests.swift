import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import DBNTorch
import Foundation
import Testing

/// Folders of DeepSpeed's ZeRO, written by it on two ranks.
struct DeepSpeedTests {
  private static func folder(_ stage: Int) -> Fixture { Fixture("torch/deepspeed/stage\(stage)") }

  /// By name: theirs are in another order, and stage 1 leaves out weights that are not trained.
  private static func rows(_ tensors: JSON?) throws -> [String: JSON] {
    var rows: [String: JSON] = [:]
    for row in try #require(tensors?.array) {
      rows[try #require(row["name"]?.string)] = [
        "dtype": row["dtype"] ?? .null, "shape": row["shape"] ?? .null,
        "crc32": row["crc32"] ?? .null,
      ]
    }
    return rows
  }

  @Test(arguments: [1, 2, 3])
  func theWeightsAreThoseOfTheScriptOfDeepSpeed(stage: Int) throws {
    let fixture = Self.folder(stage)
    let expected = try Self.rows(fixture.expected["tensors"])
    for path in [fixture.file(""), fixture.file("global_step1")] {
      let checkpoint = try Checkpoint.open(path)
      let stateDict = try checkpoint.stateDict()
      var found = try Self.rows(Expectation.tensors(stateDict))
      if stage == 1 {
        #expect(found.removeValue(forKey: "frozen.weight")?["shape"] == [3, 5])
        #expect(found.removeValue(forKey: "frozen.bias") != nil)
        #expect(checkpoint.notes.contains { $0.contains("2 weights") })
      }
      #expect(found == expected)
      #expect(stateDict.names.first == "first.weight" && stateDict.names.last == "tied.bias")
      let (first, tied) = (stateDict["first.weight"], stateDict["tied.weight"])
      #expect(try #require(first).isTied(to: #require(tied)))
      #expect(checkpoint.format == "torch-deepspeed" && checkpoint.part == nil)
      #expect(checkpoint.notes.contains { $0.contains("ZeRO checkpoint of stage \(stage)") })
    }
  }

  @Test func oneRankAloneIsAPartAndTheFolderIsNamed() throws {
    for stage in [2, 3] {
      let file = Self.folder(stage).file("global_step1/zero_pp_rank_1_mp_rank_00_optim_states.pt")
      let error = try #require(throws: CheckpointError.self) { try Checkpoint.open(file) }
      #expect(error.code == .partOfModel && error.advice?.contains("give the folder") == true)
    }
  }

  /// A copy of a folder with one file changed, removed or renamed.
  private static func copy(
    _ stage: Int, changing name: String = "", to newName: String? = nil,
    _ change: ([UInt8]) -> [UInt8] = { $0 }
  ) throws -> TemporaryFolder {
    let (source, copy) = (folder(stage).file("global_step1"), try TemporaryFolder())
    for other in try FileManager.default.contentsOfDirectory(atPath: source) {
      let bytes = try folder(stage).bytes("global_step1/\(other)")
      if other == name {
        if let newName { _ = try copy.write(change(bytes), to: newName) }
      } else {
        _ = try copy.write(bytes, to: other)
      }
    }
    return copy
  }

  private static let rankOne = "zero_pp_rank_1_mp_rank_00_optim_states.pt"

  @Test(arguments: [1, 2, 3])
  func aMissingRankIsAnError(stage: Int) throws {
    let folder = try Self.copy(stage, changing: Self.rankOne)
    let error = try #require(throws: CheckpointError.self) { try Checkpoint.open(folder.path) }
    #expect(error.code == .deepSpeed && error.reason.contains("of 1 ranks, but 2"), "\(error)")
  }

  @Test(arguments: [
    "zero_pp_rank_1_mp_rank_01_optim_states.pt", "expp_rank_0_mp_rank_00_optim_states.pt",
  ])
  func slicesAndExpertsAreNamed(name: String) throws {
    let folder = try Self.copy(2, changing: Self.rankOne, to: name)
    let error = try #require(throws: CheckpointError.self) { try Checkpoint.open(folder.path) }
    #expect(error.code == .deepSpeed && error.path == folder.file(name), "\(error)")
  }

  @Test func filesOfOtherStagesAreNotMixed() throws {
    let other = try Self.folder(3).bytes("global_step1/\(Self.rankOne)")
    let folder = try Self.copy(2, changing: Self.rankOne, to: Self.rankOne) { _ in other }
    let error = try #require(throws: CheckpointError.self) { try Checkpoint.open(folder.path) }
    #expect(error.code == .deepSpeed && error.path == folder.file(Self.rankOne), "\(error)")
  }

  /// The pickles' checksums would find nearly all changes, so the bytes of the file are cut or
  /// changed in the values of the pickle only where they are not checked: its directory.
  @Test(arguments: [2, 3])
  func damagedFilesEndInAValueOrAnError(stage: Int) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed)
    let original = try Self.folder(stage).bytes("global_step1/\(Self.rankOne)")
    let folder = try Self.copy(stage)
    var refused = 0
    for _ in 0..<60 {
      var bytes = original
      for _ in 0..<3 {
        bytes[Int.random(in: bytes.indices, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      if Bool.random(using: &generator) {
        bytes.removeLast(.random(in: 0..<bytes.count, using: &generator))
      }
      _ = try folder.write(bytes, to: Self.rankOne)
      do {
        for (_, storage) in try Checkpoint.open(folder.path).storages { _ = try storage.crc32() }
      } catch {
        refused += 1
      }
    }
    #expect(refused > 0, "seed \(seed)")
  }

  /// Trees of the same form with wrong numbers, which no checksum finds.
  @Test(arguments: [
    (["param_shapes": "[5, 4]"], "names"), (["zero_stage": "7"], "stage"),
    (["partition_count": "3"], "3 saved"), (["group": "two-dimensional"], "flat"),
  ])
  func wrongTreesAreRefused(change: [String: String], word: String) throws {
    let folder = try TemporaryFolder()
    func dictionary(_ entries: [(String, CheckpointValue)]) -> CheckpointValue {
      var result = CheckpointDictionary()
      for (key, value) in entries { result.set(.string(key), to: value) }
      return .dictionary(result)
    }
    let flat = try Tensor(
      elements: [Float](repeating: 1, count: 10), shape: change["group"] == nil ? [10] : [2, 5])
    let optimizer = dictionary([
      ("zero_stage", .int(change["zero_stage"] == nil ? 2 : 7)),
      ("partition_count", .int(change["partition_count"] == nil ? 1 : 3)),
      ("single_partition_of_fp32_groups", .list([.tensor(flat)])),
    ])
    try Checkpoint(root: dictionary([("optimizer_state_dict", optimizer)])).write(
      to: folder.file("zero_pp_rank_0_mp_rank_00_optim_states.pt"))
    let shape = CheckpointValue.size(change["param_shapes"] == nil ? [5, 2] : [5, 4])
    let model = dictionary([
      ("module", dictionary([("w", .tensor(flat))])), ("buffer_names", .list([])),
      ("param_shapes", .list([dictionary([("w", shape)])])), ("shared_params", dictionary([])),
    ])
    try Checkpoint(root: model).write(to: folder.file("mp_rank_00_model_states.pt"))
    let error = try #require(throws: CheckpointError.self) { try Checkpoint.open(folder.path) }
    #expect(error.code == .deepSpeed && error.description.contains(word), "\(error)")
  }
}
