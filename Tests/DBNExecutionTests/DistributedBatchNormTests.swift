import DBNExecution
import DBNModels
import DBNTensors
import Testing

/// Distributed BatchNorm against what PyTorch's operations give: both state layouts, batches from
/// none to 64, V from 1 to 16, every option.
///
/// Differences are relative to the largest value: 1e-12 in float64; where PyTorch computed in
/// float32, 4e-6 of outputs and 1e-6 of buffers, a few of its roundings.
struct DistributedBatchNormTests {
  @Test func theFixturesCoverWhatTheyShould() {
    #expect(DistributedCase.all(failing: false).count == 74)
    #expect(DistributedCase.all(failing: true).count == 4)
  }

  @Test(arguments: DistributedCase.all(failing: false), [ScalarType.float64, .float32])
  func outputsAndBuffersArePyTorchs(example: DistributedCase, scalarType: ScalarType) throws {
    var module = try example.module(scalarType)
    let inputs = try (0..<2).map { try DenseArray(example.input($0, scalarType)) }
    let isDouble = scalarType == .float64
    func check(_ values: [Double], _ tensor: String, float32 tolerance: Double) throws {
      let error = try example.error(of: values, in: tensor, scalarType)
      #expect(error < (isDouble ? 1e-12 : tolerance), "\(tensor)")
    }
    try check(module.evaluate(inputs[0]).values, "eval", float32: 4e-6)
    try check(module.train(inputs[0]).values, "train0", float32: 4e-6)
    try check(module.train(inputs[1]).values, "train1", float32: 4e-6)
    if module.norm.tracksRunningStatistics {
      try check(module.rows.flatMap(\.mean), "running_mean", float32: 1e-6)
      try check(module.rows.flatMap(\.variance), "running_var", float32: 1e-6)
      let counters = module.rows.map(\.batchesTracked)
      #expect(try example.error(of: counters, in: "num_batches_tracked", scalarType) == 0)
    }
    try check(module.evaluate(inputs[0]).values, "after", float32: 4e-6)
  }

  @Test(arguments: DistributedCase.all(failing: true))
  func oneValuePerChannelIsAnErrorThatChangesNothing(example: DistributedCase) throws {
    var module = try example.module(.float64)
    let before = module.rows
    let input = try DenseArray(example.input(0, .float64))
    let error = #expect(throws: CheckpointError.self) { try module.train(input) }
    #expect(error?.code == .tooFewValues)
    #expect(error?.reason.lowercased().contains("expected more than 1 value per channel") == true)
    #expect(module.rows == before && module.accumulationStep == 0)
    if module.norm.tracksRunningStatistics {
      #expect(throws: Never.self) { try module.evaluate(input) }
    } else {
      #expect(throws: CheckpointError.self) { try module.evaluate(input) }
    }
  }
}
