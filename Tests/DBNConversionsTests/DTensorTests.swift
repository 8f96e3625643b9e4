import DBNCheckpoints
import DBNComparison
import DBNConversions
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Ranks' files of DTensors, put together by `gather`.
struct DTensorTests {
  private static func files(_ name: String, _ count: Int) -> [String] {
    (0..<count).map { Fixture("torch/dtensors/\(name)").file("rank\($0).pth") }
  }

  /// The rows of `expected.json` without what a whole tensor does not keep.
  private static func rows(_ tensors: JSON?) throws -> [JSON] {
    try #require(tensors?.array).map { row in
      [
        "name": row["name"] ?? .null, "dtype": row["dtype"] ?? .null,
        "shape": row["shape"] ?? .null,
        "crc32": row["crc32"] ?? .null,
      ]
    }
  }

  @Test func partsArePutTogetherByTheirPlacements() throws {
    let result = try Conversion.gathering(Self.files("grid", 4))
    let expected = try Fixture("torch/dtensors/grid").expected["tensors"]
    let found = try Expectation.tensors(result.checkpoint.stateDict(at: EntryPath("model")))
    #expect(try Self.rows(found) == Self.rows(expected))
    #expect(result.record["sharded_tensors"] == 8)
    // The optimizer's state is put together too.
    let average = result.checkpoint.root.value(at: "optimizer/state/0/exp_avg")?.tensor
    #expect(average?.shape == [7, 5])
  }

  @Test func buffersOfRanksBecomeRowsAndParametersAreWhole() throws {
    let result = try Conversion.gathering(Self.files("fsdp", 2))
    let stateDict = try result.checkpoint.stateDict()
    let expected = try Self.rows(Fixture("torch/dtensors/fsdp").expected["tensors"])
    let found = try Self.rows(Expectation.tensors(stateDict))
    for (row, other) in zip(expected, found) where row["name"]?.string?.contains("1.") != true {
      #expect(row == other)
    }
    #expect(stateDict["1.running_mean"]?.shape == [2, 5] && stateDict["1.weight"]?.shape == [5])
    #expect(result.record["batch_norms"] == 1 && result.record["sharded_tensors"] == 6)
  }

  @Test(arguments: [
    ("grid", [0, 1, 2], CheckpointError.Code.tensorSlices),
    ("strided", [0, 1], .unsupportedPlacement),
    ("partial", [0, 1], .unsupportedPlacement),
  ])
  func whatCannotBePutTogetherIsNamed(
    name: String, ranks: [Int], code: CheckpointError.Code
  ) throws {
    let files = ranks.map { Fixture("torch/dtensors/\(name)").file("rank\($0).pth") }
    let error = try #require(throws: CheckpointError.self) { try Conversion.gathering(files) }
    #expect(error.code == code && error.name != nil && error.advice != nil, "\(error)")
    if name == "strided" { #expect(error.reason.contains("_StridedShard")) }
    if name == "partial" { #expect(error.reason.contains("Partial")) }
  }

  @Test func aFileAloneNamesItsDTensorsAndTheWayOut() throws {
    let checkpoint = try Checkpoint.open(Self.files("fsdp", 1)[0])
    guard case .opaque(let value)? = checkpoint.root.value(at: "model/0.weight") else {
      return #expect(Bool(false), "it is not opaque")
    }
    #expect(value.unreadableReason?.contains("gather the files of all ranks") == true)
  }

  @Test func mutatedFilesEndInAValueOrAnError() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed)
    let files = Self.files("fsdp", 2)
    let original = try Fixture("torch/dtensors/fsdp").bytes("rank1.pth")
    let folder = try TemporaryFolder()
    for _ in 0..<150 {
      // In the pickle, whose checksum is in the archive's directory at the end and is changed too.
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        bytes[Int.random(in: 64..<4000, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      let changed = try folder.write(bytes, to: "rank1.pth")
      _ = try? Conversion.gathering([files[0], changed])
    }
  }
}

extension CheckpointValue {
  fileprivate func value(at path: String) -> CheckpointValue? {
    var value: CheckpointValue? = self
    for key in path.split(separator: "/") {
      value = value?.dictionary?[String(key)] ?? Int(key).flatMap { value?.child(.int($0)) }
    }
    return value
  }
}
