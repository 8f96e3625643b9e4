import DBNBatchNorm
import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import DBNVerification
import Testing

/// Running statistics measured anew.
struct RecalibrationTests {
  private let standard: StateDict
  private let graph = Graph.batchNorm(features: 2)
  /// Of two features; the second has a large mean.
  private let inputs: [[Double]]

  init() throws {
    standard = try StateDict.batchNorm(means: [[0.5, -3]], variances: [[2, 0.125]], counters: [7])
    inputs = (0..<23).map { index -> [Double] in
      let (first, second) = (index * index % 17 - 4, 1000 + index * 5 % 7)
      return [Double(first), Double(second)]
    }
  }

  /// In two passes over the samples.
  private func statistics(_ samples: [[Double]]) -> (mean: [Double], variance: [Double]) {
    let columns = (0..<2).map { feature in samples.map { $0[feature] } }
    let means = columns.map { $0.reduce(0, +) / Double($0.count) }
    let variances = zip(columns, means).map { column, mean in
      let squares = column.map { ($0 - mean) * ($0 - mean) }
      return squares.reduce(0, +) / Double(column.count)
    }
    return (means, variances)
  }

  private func expectNear(_ tensor: Tensor?, _ expected: [Double]) throws {
    let values = try #require(tensor).doubles()
    #expect(values.count == expected.count)
    for (value, expected) in zip(values, expected) {
      #expect(abs(value - expected) <= 1e-7 * abs(expected), "\(value), not \(expected)")
    }
  }

  private func run(
    _ stateDict: StateDict, batch: Int, batches: Int? = nil,
    _ statistics: Recalibration.Statistics = .population
  ) throws -> Recalibration.Result {
    var recalibration = Recalibration(graph)
    recalibration.batch = batch
    recalibration.batches = batches
    recalibration.statistics = statistics
    return try recalibration.run(stateDict, on: SampleData(inputs))
  }

  @Test(arguments: [3, 4, 5, 7, 10, 23, 64])
  func thePopulationIsTheSameInBatchesOfAnySize(batch: Int) throws {
    let result = try run(standard, batch: batch)
    let expected = statistics(inputs)
    try expectNear(result.stateDict["bn.running_mean"], expected.mean)
    try expectNear(result.stateDict["bn.running_var"], expected.variance)
    let batches = (inputs.count + batch - 1) / batch
    #expect(result.samples == 23 && result.batches == batches)
    #expect(try result.stateDict["bn.num_batches_tracked"]?.integers() == [batches])
  }

  @Test func soManyBatchesAreUsed() throws {
    let result = try run(standard, batch: 5, batches: 2)
    try expectNear(result.stateDict["bn.running_var"], statistics(Array(inputs[..<10])).variance)
    #expect(result.samples == 10 && result.batches == 2)
    #expect(try run(standard, batch: 5, batches: .max).samples == 23)
  }

  /// What `update_bn` of PyTorch leaves: every batch counts as one, variances are unbiased.
  @Test func averagesAreOfBatches() throws {
    let result = try run(standard, batch: 10, .average)
    let parts = [inputs[0..<10], inputs[10..<20], inputs[20..<23]].map { statistics(Array($0)) }
    let counts = [10.0, 10, 3]
    var (means, variances) = ([0.0, 0], [0.0, 0])
    for (part, count) in zip(parts, counts) {
      for feature in 0..<2 {
        means[feature] += part.mean[feature] / 3
        variances[feature] += part.variance[feature] * count / (count - 1) / 3
      }
    }
    try expectNear(result.stateDict["bn.running_mean"], means)
    try expectNear(result.stateDict["bn.running_var"], variances)
  }

  /// Of 19 samples 7, 7 and 5; of the last 4, 2, 2 and none.
  @Test func everyDeviceIsMeasuredOnItsSlices() throws {
    let replicated = try standard.toDistributed(worldSize: 3).stateDict
    let result = try run(replicated, batch: 19)
    let rows = [
      inputs[0..<7] + inputs[19..<21], inputs[7..<14] + inputs[21..<23], inputs[14..<19],
    ].map { statistics(Array($0)) }
    try expectNear(result.stateDict["bn.running_mean"], rows.flatMap(\.mean))
    try expectNear(result.stateDict["bn.running_var"], rows.flatMap(\.variance))
    #expect(try result.stateDict["bn.num_batches_tracked"]?.integers() == [2, 2, 2])
    #expect(result.stateDict["bn.running_mean"]?.shape == [3, 2])
  }

  @Test func brokenStatisticsDoNotGetIntoTheNewOnes() throws {
    var broken = standard
    broken["bn.running_mean"] = try .float32([.nan, .infinity])
    broken["bn.running_var"] = try .float32([-1, .nan])
    let result = try run(broken, batch: 8)
    try expectNear(result.stateDict["bn.running_mean"], statistics(inputs).mean)
    #expect(result.layers[0].meanMoved == .infinity)
  }

  @Test func nothingButTheBuffersChanges() throws {
    let result = try run(standard, batch: 8)
    #expect(result.stateDict.names == standard.names)
    for (name, tensor) in standard.tensors {
      let new = try #require(result.stateDict[name])
      #expect(new.scalarType == tensor.scalarType && new.shape == tensor.shape)
      let isBuffer = BatchNormSite.namesBuffer(name)
      #expect(try new.storage.hasEqualBytes(to: tensor.storage) != isBuffer, "\(name)")
    }
    #expect(result.layers.map(\.name) == ["bn"])
  }

  @Test func itSaysHowFarStatisticsMoved() throws {
    let result = try run(standard, batch: 23)
    let expected = statistics(inputs)
    let mean = (expected.mean[1] + 3) / expected.variance[1].squareRoot()
    #expect(abs(result.layers[0].meanMoved / mean - 1) < 1e-12)
    #expect(abs(result.layers[0].varianceMoved - (1 - 0.125 / expected.variance[1])) < 1e-12)
  }

  @Test func aBatchOfOneValueIsRefused() throws {
    let error = #expect(throws: CheckpointError.self) { try run(standard, batch: 11) }
    #expect(error?.code == .tooFewValues && error?.name == "bn")
  }

  @Test func aDeviceWithoutSamplesIsNamed() throws {
    let replicated = try standard.toDistributed(worldSize: 4).stateDict
    let error = #expect(throws: CheckpointError.self) { try run(replicated, batch: 6, batches: 1) }
    #expect(error?.code == .tooFewValues && error?.name == "bn")
    #expect(error?.reason.contains("device 3 of 4") == true)
  }

  @Test func aBatchNormThatIsUsedTwiceIsRefused() throws {
    let node = try #require(graph.nodes.first)
    let twice = Graph(
      name: "twice", inputs: graph.inputs,
      nodes: [node, .init("again", node.operation, [.value("bn")])], outputs: ["again"],
      parameters: [])
    let error = #expect(throws: CheckpointError.self) {
      try Recalibration(twice).run(standard, on: SampleData(inputs))
    }
    #expect(error?.code == .unsupportedOperation && error?.name == "bn")
  }

  /// Their counter is one for all devices.
  @Test func otherLayoutsAreRefused() throws {
    let ghost = try standard.toDistributed(worldSize: 2, layout: .ghost).stateDict
    let error = #expect(throws: CheckpointError.self) { try run(ghost, batch: 8) }
    #expect(error?.code == .unsupportedOperation && error?.reason.contains("ghost") == true)
  }
}
