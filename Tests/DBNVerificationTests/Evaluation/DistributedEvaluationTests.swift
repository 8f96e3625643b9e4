import DBNBatchNorm
import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import DBNVerification
import Testing

/// Distributed checkpoints are evaluated by their own rule.
struct DistributedEvaluationTests {
  /// With (x - mean) / deviation, device 0 answers class 1 for a sample [0, 1], device 1 class 0.
  private let replicated: StateDict
  private let data: SampleData

  init() throws {
    var stateDict = try StateDict.batchNorm(
      means: [[0, 0], [0, 9]], variances: [[1, 1], [1, 1]], counters: [1, 1])
    stateDict["bn.weight"] = try .float32([1, 1])
    stateDict["bn.bias"] = try .float32([0, 0])
    replicated = stateDict
    data = try SampleData(Array(repeating: [0, 1], count: 6), labels: [1, 1, 1, 1, 1, 1])
  }

  /// Slices of ceil(N / 2): the first half is right, of a batch of one all of it.
  @Test(arguments: [(1, 6), (2, 3), (4, 3), (5, 4), (6, 3), (64, 3)])
  func resultsDependOnTheBatch(batch: Int, right: Int) throws {
    var evaluation = Evaluation(.batchNorm(features: 2))
    evaluation.batch = batch
    let result = try evaluation.run([replicated], on: data)[0]
    #expect(result.classification.total.top1 == right)
    #expect(result.sliceRules == [SliceRule(layout: .replicated, worldSize: 2)])
  }

  @Test func standardOnesDoNot() throws {
    let standard = try replicated.toStandard(merging: .first).stateDict
    for batch in [1, 4, 64] {
      var evaluation = Evaluation(.batchNorm(features: 2))
      evaluation.batch = batch
      let results = try evaluation.run([standard, replicated], on: data)
      #expect(results[0].classification.total.top1 == 6 && results[0].sliceRules.isEmpty)
    }
  }

  /// Six samples in batches of 4 are 4 and 2.
  @Test func aProgramForOneNumberOfSamplesTakesBatchesOfAll() throws {
    var evaluation = Evaluation(.batchNorm(features: 2, samples: 3))
    evaluation.batch = 4
    let result = try evaluation.run([replicated], on: data)[0]
    #expect(result.classification.total.top1 == 3)
    var recalibration = Recalibration(.batchNorm(features: 2, samples: 3))
    recalibration.batch = 6
    #expect(try recalibration.run(replicated, on: data).samples == 6)
  }

  @Test func theRuleSaysHowManySamplesADeviceHas() {
    let rule = SliceRule(layout: .replicated, worldSize: 8)
    #expect(rule.samplesPerDevice(of: 64) == 8 && rule.idleDevices(of: 64) == 0)
    #expect(rule.samplesPerDevice(of: 10) == 2 && rule.idleDevices(of: 10) == 3)
  }
}
