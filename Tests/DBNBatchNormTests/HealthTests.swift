import DBNBatchNorm
import DBNTensors
import DBNTestSupport
import Testing

/// What is said of statistics that no training leaves behind.
struct HealthTests {
  typealias Issue = BatchNormHealth.Issue

  private func health(_ stateDict: StateDict) -> BatchNormHealth {
    BatchNormHealth(of: BatchNormSurvey(stateDict).sites, in: stateDict)
  }

  /// One number of a healthy BatchNorm changed, and what is said of it.
  struct Fault: Sendable {
    let key: String
    let value: Double
    let issue: Issue
  }

  static let faults = [
    Fault(key: "running_mean", value: .nan, issue: .notFinite),
    Fault(key: "running_mean", value: -.infinity, issue: .notFinite),
    Fault(key: "running_var", value: .infinity, issue: .notFinite),
    Fault(key: "weight", value: .nan, issue: .notFinite),
    Fault(key: "bias", value: .infinity, issue: .notFinite),
    Fault(key: "running_var", value: -1e-30, issue: .negativeVariance),
    Fault(key: "running_var", value: 0, issue: .zeroVariance),
    Fault(key: "running_var", value: -0.0, issue: .zeroVariance),
  ]

  @Test(arguments: faults)
  func oneSickChannelIsFound(fault: Fault) throws {
    var sick = try StateDict.batchNorm(means: [[1, 2]], variances: [[3, 4]], counters: [5])
    #expect(health(sick).items.isEmpty)
    var numbers = try #require(sick["bn.\(fault.key)"]).doubles()
    numbers[1] = fault.value
    sick["bn.\(fault.key)"] = try .float32(numbers)
    let items = health(sick).items
    #expect(items.map(\.issue) == [fault.issue])
    #expect(items.first?.name == "bn" && items.first?.quantity?.rawValue == fault.key)
    #expect(items.first?.channels == 1 && items.first?.features == 2 && items.first?.device == nil)
  }

  @Test(arguments: [BatchNormLayout.replicated, .ghost, .split, .sub])
  func theDeviceIsNamedInEveryLayout(layout: BatchNormLayout) throws {
    let rows = try StateDict.batchNorm(
      means: [[1, 2], [1, 2], [1, 2]], variances: [[3, 4], [3, 4], [-3, -4]], counters: [5, 5, 5])
    let mapped = layout == .replicated ? rows : try rows.converting(to: layout).stateDict
    let items = health(mapped).items.filter { $0.device != nil }
    #expect(items.map(\.issue) == [.negativeVariance])
    #expect(items.map(\.device) == [2] && items.map(\.channels) == [2])
  }

  @Test func aBatchNormThatWasNeverTrainedIsNamed() throws {
    let new = try StateDict.batchNorm(means: [[0, 0]], variances: [[1, 1]], counters: [0])
    #expect(health(new).items.map(\.issue) == [.neverTrained])
    let counted = try StateDict.batchNorm(means: [[0, 0]], variances: [[1, 1]], counters: [3])
    let frozen = try StateDict.batchNorm(means: [[0, 0]], variances: [[1, 1]])
    let started = try StateDict.batchNorm(means: [[0, 1]], variances: [[1, 1]], counters: [0])
    for healthy in [counted, frozen, started] { #expect(health(healthy).items.isEmpty) }
  }

  @Test(arguments: [BatchNormLayout.replicated, .ghost, .split, .sub])
  func newDevicesAreToldOnce(layout: BatchNormLayout) throws {
    let new = try StateDict.batchNorm(means: [[0, 0]], variances: [[1, 1]], counters: [0])
    let mapped = try new.toDistributed(worldSize: 4, layout: layout).stateDict
    #expect(health(mapped).items.map(\.issue) == [.neverTrained])
    #expect(health(mapped).items.first?.device == nil)
  }

  @Test func aDeviceThatNeverHadSamplesIsNamedWhereOthersMoved() throws {
    let stateDict = try StateDict.batchNorm(
      means: [[1, 2], [0, 0]], variances: [[3, 4], [1, 1]], counters: [5, 5])
    let items = health(stateDict).items
    #expect(items.map(\.issue) == [.neverTrained] && items.first?.device == 1)
  }

  /// float16's smallest number with all its digits is 2^-14.
  @Test func variancesThatUnderflowedFloat16AreFound() throws {
    var stateDict = try StateDict.batchNorm(
      means: [[1, 2, 3, 4]], variances: [[1e-9, 1e-5, 0x1p-14, 1]], counters: [5])
    #expect(health(stateDict).items.isEmpty)
    let variance = try #require(stateDict["bn.running_var"]).doubles()
    for last in ["running_mean", "running_var"] {
      let numbers = try #require(stateDict["bn.\(last)"]).doubles()
      stateDict["bn.\(last)"] = try Tensor(rounding: numbers, to: .float16, shape: [4])
    }
    let items = health(stateDict).items
    #expect(items.map(\.issue) == [.zeroVariance, .float16Underflow])
    #expect(items.map(\.channels) == [1, 2])
    for last in ["running_mean", "running_var"] {
      stateDict["bn.\(last)"] = try Tensor(rounding: variance, to: .bfloat16, shape: [4])
    }
    #expect(health(stateDict).items.isEmpty)
  }

  @Test func negativeCountersAreFound() throws {
    let shared = try StateDict.batchNorm(means: [[1, 2]], variances: [[3, 4]], counters: [-1])
    #expect(health(shared).items.map(\.issue) == [.negativeCounter])
    let rows = try StateDict.batchNorm(
      means: [[1, 2], [1, 2]], variances: [[3, 4], [3, 4]], counters: [2, -1])
    #expect(health(rows).items.map(\.issue) == [.negativeCounter])
    #expect(health(rows).items.first?.device == 1)
  }

  @Test func whatCannotBeReadIsSaidAndStopsNothing() throws {
    var stateDict = try StateDict.batchNorm(means: [[1, 2]], variances: [[3, 4]], counters: [5])
    stateDict["bn.weight"] = try Tensor(
      .float8E5M2, shape: [2], storage: TensorStorage(ByteRegion([60, 60])))
    let items = health(stateDict).items
    #expect(items.map(\.issue) == [.notExamined] && items.first?.quantity == .weight)
    #expect(health(stateDict).sentences.first?.contains("float8_e5m2") == true)
  }

  @Test func aSentenceNamesThreeAndCountsTheRest() throws {
    var stateDict = StateDict()
    for number in 0..<53 {
      let variance = number < 5 ? [-1.0, -2] : [1, 2]
      let one = try StateDict.batchNorm(
        means: [[1, 2]], variances: [variance], counters: [1], name: "bn\(number)")
      for (name, tensor) in one.tensors { stateDict[name] = tensor }
    }
    #expect(
      health(stateDict).sentences == [
        "5 of 53 BatchNorms have a negative running variance: bn0 (2 of 2 channels), "
          + "bn1 (2 of 2 channels), bn2 (2 of 2 channels) and 2 more"
      ])
    #expect(health(stateDict).json.array?.count == 5)
    #expect(health(stateDict).json.array?.first?["issue"] == "negative_variance")
  }

  @Test func allStateDictsOfACheckpointAreLookedAt() throws {
    let sick = try StateDict.batchNorm(means: [[1, 2]], variances: [[-1, 2]], counters: [1])
    var root = CheckpointDictionary()
    root.set(.string("state_dict"), to: .dictionary(sick.dictionary))
    root.set(.string("state_dict_ema"), to: .dictionary(sick.dictionary))
    let health = BatchNormHealth(Checkpoint(root: .dictionary(root)))
    #expect(health.batchNormCount == 2)
    #expect(Set(health.items.map(\.name)) == ["bn", "state_dict_ema/bn"])
  }
}

/// Counters of shape [1], as files from before PyTorch 0.4 have them, are taken as PyTorch takes
/// them.
struct CounterShapeTests {
  private func stateDict(counter: [Int]) throws -> StateDict {
    var stateDict = try StateDict.batchNorm(means: [[1, 2]], variances: [[3, 4]])
    stateDict["bn.num_batches_tracked"] = try Tensor(counter, shape: [counter.count])
    return stateDict
  }

  @Test(arguments: [BatchNormLayout.replicated, .ghost, .split, .sub, .firstDevice])
  func aVectorOfOneIsACounter(layout: BatchNormLayout) throws {
    let original = try stateDict(counter: [7])
    #expect(BatchNormSurvey(original).sites.map(\.layout) == [.standard])
    let mapped = try original.toDistributed(worldSize: 3, layout: layout).stateDict
    let scalar = try StateDict.batchNorm(means: [[1, 2]], variances: [[3, 4]], counters: [7])
    let expected = try scalar.toDistributed(worldSize: 3, layout: layout).stateDict
    #expect(mapped.names == expected.names)
    for (name, tensor) in expected.tensors {
      #expect(mapped[name]?.shape == tensor.shape)
      #expect(try mapped[name]?.doubles() == tensor.doubles())
    }
  }

  /// PyTorch would load the first element, and lose the others.
  @Test(arguments: [[], [7, 8]])
  func otherVectorsAreNot(counter: [Int]) throws {
    let survey = BatchNormSurvey(try stateDict(counter: counter))
    #expect(survey.sites.isEmpty && survey.unrecognised.map(\.name) == ["bn"])
  }
}
