import DBNBatchNorm
import DBNTensors
import DBNTestSupport
import Testing

struct MergeTests {
  private let drifted: StateDict

  init() throws {
    drifted = try .batchNorm(
      means: [[0, 10], [2, 10], [4, 10]], variances: [[1, 4], [2, 4], [3, 4]], counters: [5, 9, 7])
  }

  /// What a rule must give for the two features.
  struct Expected: Sendable {
    let rule: MergeRule
    let mean: [Double]
    let variance: [Double]
    let counter: Int
  }

  /// The mean of (0, 2, 4) is 2, its population variance 8/3; the mean of the variances is 2.
  static let expected = [
    Expected(rule: .first, mean: [0, 10], variance: [1, 4], counter: 5),
    Expected(rule: .replica(2), mean: [4, 10], variance: [3, 4], counter: 7),
    Expected(rule: .mean, mean: [2, 10], variance: [2, 4], counter: 9),
    Expected(rule: .pooled, mean: [2, 10], variance: [2 + 8 / 3.0, 4], counter: 9),
  ]

  @Test(arguments: expected)
  func eachRuleGivesItsNumbers(expected: Expected) throws {
    let merged = try drifted.toStandard(merging: expected.rule)
    let stateDict = merged.stateDict
    #expect(try stateDict["bn.running_mean"]?.doubles() == expected.mean.map(rounded))
    #expect(try stateDict["bn.running_var"]?.doubles() == expected.variance.map(rounded))
    let counter = try #require(stateDict["bn.num_batches_tracked"])
    #expect(try counter.integers() == [expected.counter])
    #expect(counter.shape == [])
    #expect(merged.report.losses.map(\.name) == ["bn"])
    #expect(merged.record["statistics"] == .string(expected.rule.description))
  }

  @Test func replicasThatDifferAreRefusedWithTheDriftAndTheChoices() throws {
    let error = try #require(
      #expect(throws: CheckpointError.self) { try drifted.toStandard() })
    #expect(error.code == .replicasDiffer && error.name == "bn")
    #expect(error.reason.contains("0.926"))
    #expect(error.advice?.choices == [.anyMergeRule])
  }

  @Test func driftIsFoundByDeviceAndByChannel() {
    let statistics = ReplicaStatistics(means: [[0, 10], [6, 10]], variances: [[7, 1], [7, 3]])
    // Means 0 and 6 are 3 from their mean; the pooled variance is 7 + 9.
    #expect(
      statistics.featureDrifts == [.init(mean: 0.75, variance: 0), .init(mean: 0, variance: 0.5)])
    #expect(statistics.replicaDrifts == [ReplicaDrift](repeating: statistics.drift, count: 2))
    #expect(statistics.drift == ReplicaDrift(mean: 0.75, variance: 0.5))
  }

  @Test(arguments: ["running_mean", "running_var", "num_batches_tracked"])
  func oneBitOfDifferenceIsADifference(last: String) throws {
    var nudged = try StateDict.batchNorm(
      means: [[1, 2], [1, 2]], variances: [[1, 1], [1, 1]], counters: [3, 3])
    #expect(try nudged.toStandard().report.losses.isEmpty)
    let buffer = try #require(nudged["bn.\(last)"])
    var bytes = try buffer.storage.withBytes { bytes in
      bytes.withUnsafeBytes { Array($0) }
    }
    bytes[bytes.count / 2] ^= 1
    nudged["bn.\(last)"] = try Tensor(
      buffer.scalarType, shape: buffer.shape, storage: TensorStorage(ByteRegion(bytes)))
    #expect(throws: CheckpointError.self) { try nudged.toStandard() }
  }

  @Test func countersAloneThatDifferAreCalledThat() throws {
    let counted = try StateDict.batchNorm(
      means: [[1, 2], [1, 2]], variances: [[1, 1], [1, 1]], counters: [3, 4])
    let error = #expect(throws: CheckpointError.self) { try counted.toStandard() }
    #expect(error?.reason.contains("only num_batches_tracked") == true)
  }

  @Test(arguments: [MergeRule.first, .mean, .pooled])
  func mergedBuffersKeepTheirTypeAndKind(rule: MergeRule) throws {
    var cast = drifted
    for last in ["running_mean", "running_var", "num_batches_tracked"] {
      let buffer = try #require(drifted["bn.\(last)"])
      var float = try Tensor(rounding: buffer.doubles(), to: .float16, shape: buffer.shape)
      float.kind = .buffer
      cast["bn.\(last)"] = float
    }
    let merged = try cast.toStandard(merging: rule).stateDict
    for last in ["running_mean", "running_var", "num_batches_tracked"] {
      let buffer = try #require(merged["bn.\(last)"])
      #expect(buffer.scalarType == .float16 && buffer.kind == .buffer)
    }
    let counter = try #require(merged["bn.num_batches_tracked"]).doubles()
    #expect(counter == [rule == .first ? 5 : 9])
  }

  @Test func aReplicaThatDoesNotExistIsRefused() {
    let error = #expect(throws: CheckpointError.self) {
      try drifted.toStandard(merging: .replica(3))
    }
    #expect(error?.code == .invalidWorldSize)
  }

  @Test func driftIsMeasuredInPooledStandardDeviationsAndRatios() throws {
    let site = try #require(BatchNormSurvey(drifted).sites.first)
    let drift = try ReplicaStatistics(site, in: drifted).drift
    #expect(abs(drift.mean - 2 / (2 + 8.0 / 3).squareRoot()) < 1e-12)
    #expect(drift.variance == 0.5)
  }

  @Test func equalReplicasHaveNoDriftWhateverTheirNumber() {
    for worldSize in 1...9 {
      let row = [0.1, 1e-30, -3e7]
      let rows = Array(repeating: row, count: worldSize)
      #expect(
        ReplicaStatistics(means: rows, variances: rows.map { $0.map(abs) }).drift == ReplicaDrift())
    }
  }

  @Test(arguments: ["identical", "first", "mean", "pooled", "replica:0", "replica:12"])
  func rulesAreReadAsTheyAreWritten(text: String) {
    #expect(MergeRule(text)?.description == text)
  }

  @Test(arguments: ["", "median", "replica", "replica:", "replica:-1", "replica:x"])
  func unknownRulesAreNot(text: String) {
    #expect(MergeRule(text) == nil)
  }

  private func rounded(_ value: Double) -> Double { Double(Float(value)) }
}
