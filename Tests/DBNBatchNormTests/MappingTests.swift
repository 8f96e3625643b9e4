import DBNBatchNorm
import DBNTensors
import DBNTestSupport
import Testing

struct MappingTests {
  private let standard: StateDict

  init() throws {
    standard = try .batchNorm(means: [[0.5, -3]], variances: [[2, 0.125]], counters: [7])
  }

  @Test(arguments: [1, 2, 8, 1000])
  func everyDeviceStartsFromTheSameStatistics(worldSize: Int) throws {
    let distributed = try standard.toDistributed(worldSize: worldSize).stateDict
    let mean = try #require(distributed["bn.running_mean"])
    #expect(mean.shape == [worldSize, 2])
    #expect(try mean.doubles() == Array(repeating: [0.5, -3], count: worldSize).flatMap(\.self))
    let counter = try #require(distributed["bn.num_batches_tracked"])
    #expect(counter.shape == [worldSize] && counter.scalarType == .int64)
    #expect(try counter.integers() == Array(repeating: 7, count: worldSize))
  }

  @Test func theWayBackGivesTheSameBytesAndOrder() throws {
    let there = try standard.toDistributed(worldSize: 8).stateDict
    let back = try there.toStandard()
    #expect(back.report.losses.isEmpty && back.report.converted == ["bn"])
    #expect(back.stateDict.names == standard.names)
    for (name, tensor) in standard.tensors {
      let returned = try #require(back.stateDict[name])
      #expect(returned.shape == tensor.shape && returned.scalarType == tensor.scalarType)
      #expect(try returned.storage.hasEqualBytes(to: tensor.storage))
    }
  }

  @Test func whatIsNotABufferIsTheSameStorage() throws {
    let distributed = try standard.toDistributed(worldSize: 4).stateDict
    for name in ["conv.weight", "bn.weight", "bn.bias"] {
      let (before, after) = (try #require(standard[name]), try #require(distributed[name]))
      #expect(before.storage === after.storage)
    }
  }

  @Test func aMissingCounterStaysMissing() throws {
    let old = try StateDict.batchNorm(means: [[1, 2]], variances: [[1, 1]])
    let there = try old.toDistributed(worldSize: 3).stateDict
    #expect(there["bn.num_batches_tracked"] == nil)
    #expect(try there.toStandard().stateDict.names == old.names)
  }

  @Test func tiedBuffersStayTied() throws {
    var shared = standard
    for last in ["weight", "bias", "running_mean", "running_var"] {
      shared["again.\(last)"] = shared["bn.\(last)"]
    }
    let there = try shared.toDistributed(worldSize: 2).stateDict
    let back = try there.toStandard(merging: .pooled).stateDict
    for result in [there, back] {
      for last in ["running_mean", "running_var"] {
        let (one, other) = (
          try #require(result["bn.\(last)"]), try #require(result["again.\(last)"])
        )
        #expect(one.isTied(to: other))
      }
    }
  }

  @Test func pooledVariancesTieOnlyWhereTheMeansDo() throws {
    var stateDict = try StateDict.batchNorm(
      means: [[0, 0], [2, 4]], variances: [[1, 1], [1, 1]])
    stateDict["other.running_mean"] = try .float32([0, 0, 0, 0], [2, 2])
    stateDict["other.running_var"] = stateDict["bn.running_var"]
    // Statistics alone are not taken for a BatchNorm.
    stateDict["other.weight"] = stateDict["bn.weight"]
    let merged = try stateDict.toStandard(merging: .pooled).stateDict
    #expect(try merged["bn.running_var"]?.doubles() == [2, 5])
    #expect(try merged["other.running_var"]?.doubles() == [1, 1])
  }

  @Test func patternsSelectByName() throws {
    let there = try standard.toDistributed(
      worldSize: 2, selection: NameSelection(include: ["b*"], exclude: ["conv*"]))
    #expect(there.report.converted == ["bn"])
    #expect(throws: CheckpointError.self) {
      try standard.toDistributed(worldSize: 2, selection: NameSelection(exclude: ["*"]))
    }
  }

  @Test(arguments: [0, -1, 65_537, Int.max])
  func worldSizesThatMakeNoSenseAreRefused(worldSize: Int) {
    let error = #expect(throws: CheckpointError.self) {
      try standard.toDistributed(worldSize: worldSize)
    }
    #expect(error?.code == .invalidWorldSize)
  }

  @Test func aDistributedStateDictIsNotDistributedAgain() throws {
    let distributed = try standard.toDistributed(worldSize: 2).stateDict
    let error = #expect(throws: CheckpointError.self) {
      try distributed.toDistributed(worldSize: 4)
    }
    #expect(error?.code == .unexpectedLayout && error?.name == "bn")
  }

  @Test func aStateDictWithoutBatchNormIsRefused() throws {
    var plain = StateDict()
    plain["fc.weight"] = try .float32([1, 2])
    let error = #expect(throws: CheckpointError.self) { try plain.toStandard() }
    #expect(error?.code == .noBatchNorm)
  }

  /// A file of a few bytes can declare 2^40 devices without features.
  @Test func moreDevicesThanAnyClusterHasAreNotRecognised() throws {
    var stateDict = StateDict()
    for last in ["running_mean", "running_var"] {
      stateDict["bn.\(last)"] = try .float32([], [1 << 40, 0])
    }
    let survey = BatchNormSurvey(stateDict)
    #expect(survey.sites.isEmpty && survey.leftAlone.map(\.name) == ["bn"])
  }

  @Test(arguments: ["running_var", "weight", "num_batches_tracked"])
  func shapesThatDoNotAgreeAreNamed(last: String) throws {
    var broken = standard
    broken["bn.\(last)"] = try .float32([1, 2, 3])
    let survey = BatchNormSurvey(broken)
    #expect(survey.sites.isEmpty)
    #expect(survey.unrecognised.first?.name == "bn")
    #expect(survey.unrecognised.first?.reason.contains("[3]") == true)
    let error = #expect(throws: CheckpointError.self) { try broken.toDistributed(worldSize: 2) }
    #expect(error?.code == .unexpectedLayout)
  }
}
