import DBNBatchNorm
import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// Which layout a module runs in, when the graph and the state dict were made for different ones.
struct BatchNormLayoutTests {
  private func standard(_ counters: [Int]? = [7]) throws -> StateDict {
    try .batchNorm(means: [[0.5, -3]], variances: [[2, 0.125]], counters: counters)
  }

  private func replicated(_ worldSize: Int) throws -> StateDict {
    try standard().toDistributed(worldSize: worldSize).stateDict
  }

  private func module(
    _ normLayer: some NormLayer, _ stateDict: StateDict
  ) throws -> BatchNormModule {
    try BatchNormModule(normLayer(numFeatures: 2), named: "bn", in: stateDict)
  }

  @Test func rowsOfTheStateDictAreReplicated() throws {
    for normLayer in [
      BatchNorm2d(), try DistributedBatchNorm2d(virtualWorldSize: 8),
      try DistributedBatchNorm2d(virtualWorldSize: 8, layout: .firstDevice),
    ] as [any NormLayer] {
      let module = try module(normLayer, replicated(3))
      #expect(module.layout == .replicated && module.worldSize == 3 && module.rows.count == 3)
      #expect(module.rows[2].batchesTracked == 7)
    }
  }

  @Test func sharedBuffersAreTheFirstDevicesWhereTheGraphSaysSo() throws {
    let first = try DistributedBatchNorm2d(virtualWorldSize: 8, layout: .firstDevice.interleaved)
    let module = try module(first, standard())
    #expect(module.layout == .firstDevice.interleaved && module.worldSize == 8)
    #expect(module.rows.count == 1)
  }

  @Test func sharedBuffersAreStandardOtherwise() throws {
    let module = try module(DistributedBatchNorm2d(virtualWorldSize: 8), standard())
    #expect(module.layout == .standard && module.worldSize == 1)
  }

  @Test func theGraphSaysWhichSamplesADeviceHas() throws {
    let first = try DistributedBatchNorm2d(virtualWorldSize: 8, layout: .firstDevice.interleaved)
    let module = try module(first, replicated(3))
    #expect(module.layout == .replicated.interleaved && module.worldSize == 3)
    #expect(module.slices(of: 7).map(Array.init) == [[0, 3, 6], [1, 4], [2, 5]])
  }

  @Test func aMissingCounterIsZero() throws {
    #expect(try module(BatchNorm2d(), standard(nil)).rows[0].batchesTracked == 0)
  }

  @Test func namesOfKerasAreFound() throws {
    var stateDict = StateDict()
    stateDict["bn.moving_mean"] = try .float32([1, 2])
    stateDict["bn.moving_variance"] = try .float32([3, 4])
    let module = try module(BatchNorm2d(affine: false), stateDict)
    #expect(module.layout == .keras && module.rows == [.init(mean: [1, 2], variance: [3, 4])])
  }

  /// Without a weight, V * C values are told from C by the model alone.
  @Test func theModelKnowsTheFeaturesOfAGhostWithoutWeights() throws {
    var stateDict = StateDict()
    stateDict["bn.running_mean"] = try .float32([1, 2, 3, 4, 5, 6])
    stateDict["bn.running_var"] = try .float32([1, 2, 3, 4, 5, 6])
    let module = try module(BatchNorm2d(affine: false), stateDict)
    #expect(module.layout == .ghost && module.worldSize == 3 && module.rows[2].mean == [5, 6])
  }

  @Test(arguments: ["weight", "bias", "running_mean", "running_var"])
  func aTensorThatTheModelNeedsIsThere(last: String) throws {
    let whole = try standard()
    var stateDict = StateDict()
    for (name, tensor) in whole.tensors where name != "bn.\(last)" { stateDict[name] = tensor }
    let error = #expect(throws: CheckpointError.self) { try module(BatchNorm2d(), stateDict) }
    #expect(error?.name?.hasPrefix("bn") == true)
    #expect(error?.description.contains(last) == true || last == "running_mean")
  }

  @Test func aTensorThatTheModelDoesNotHaveIsNotThere() throws {
    let withoutAffine = #expect(throws: CheckpointError.self) {
      try module(BatchNorm2d(affine: false), standard())
    }
    #expect(withoutAffine?.code == .unexpectedLayout && withoutAffine?.name == "bn.weight")
    let withoutTracking = #expect(throws: CheckpointError.self) {
      try module(BatchNorm2d(trackRunningStats: false), standard())
    }
    #expect(withoutTracking?.code == .unexpectedLayout)
    #expect(withoutTracking?.name == "bn.running_mean")
  }

  @Test func anotherNumberOfFeaturesIsAnError() throws {
    let error = #expect(throws: CheckpointError.self) {
      try BatchNormModule(BatchNorm2d(affine: false)(3), named: "bn", in: StateDict())
    }
    #expect(error?.code == .missingOperand)
    let other = #expect(throws: CheckpointError.self) {
      try BatchNormModule(BatchNorm2d()(3), named: "bn", in: standard())
    }
    #expect(other?.code == .shapeMismatch && other?.name == "bn.weight")
  }

  struct Ranks: Sendable {
    let norm: NormModule
    let allowed: Set<Int>
  }

  @Test(arguments: [
    Ranks(norm: BatchNorm1d()(2), allowed: [2, 3]), Ranks(norm: BatchNorm2d()(2), allowed: [4]),
    Ranks(norm: BatchNorm3d()(2), allowed: [5]),
    Ranks(norm: NormModule(numFeatures: 2), allowed: [2, 3, 4, 5]),
  ])
  func aModuleTakesItsRanksOnly(example: Ranks) throws {
    var module = try BatchNormModule(example.norm)
    for rank in 0...5 {
      let shape = [4, 2, 1, 1, 1].prefix(rank)
      let values = (0..<shape.reduce(1, *)).map(Double.init)
      let input = try DenseArray(shape: Array(shape), values: values)
      if example.allowed.contains(rank) {
        #expect(try module.train(input).shape == input.shape)
      } else {
        let error = #expect(throws: CheckpointError.self) { try module.evaluate(input) }
        #expect(error?.code == .shapeMismatch)
        #expect(error?.reason.contains("input (got \(rank)D input)") == true)
      }
    }
  }
}
