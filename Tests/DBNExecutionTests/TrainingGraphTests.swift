import DBNBatchNorm
import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// BatchNorms in a graph: what training does to all of them, or to none, and what a state dict then
/// has of it.
struct TrainingGraphTests {
  /// BatchNorm `a`, the mean over the positions, BatchNorm `b`; of two features.
  private func graph(_ normLayer: some NormLayer) -> Graph {
    func batchNorm(_ name: String, _ input: String) -> Graph.Node {
      .init(name, .batchNorm(.init(module: name, normLayer(2))), [.value(input)])
    }
    return Graph(
      name: "two", inputs: [.init("input", shape: [nil, 2, nil, nil])],
      nodes: [
        batchNorm("a", "input"),
        .init("pool", .adaptiveAveragePool([1, 1]), [.value("a")]), batchNorm("b", "pool"),
      ], outputs: ["b"], parameters: [])
  }

  private func stateDict() throws -> StateDict {
    var stateDict = StateDict()
    for name in ["a", "b"] {
      let one = try StateDict.batchNorm(
        means: [[0.5, -3]], variances: [[2, 0.125]], counters: [3], name: name)
      for (key, tensor) in one.tensors { stateDict[key] = tensor }
    }
    stateDict["a.running_mean"]?.kind = .buffer
    return stateDict
  }

  private func input(_ samples: Int) throws -> DenseArray {
    try DenseArray(
      shape: [samples, 2, 2, 2], values: (0..<samples * 8).map { Double($0 * $0 % 37) / 8 })
  }

  @Test func anErrorInOneBatchNormLeavesAllAsTheyWere() throws {
    let graph = graph(try DistributedBatchNorm2d(virtualWorldSize: 2))
    let stateDict = try stateDict().toDistributed(worldSize: 2).stateDict
    var executor = try ReferenceExecutor(graph, stateDict)
    let before = executor.batchNorms.mapValues(\.rows)
    // Device 1 has one sample: four values for a, one for b.
    let input = try input(3)
    let error = #expect(throws: CheckpointError.self) {
      try executor.run(["input": input], mode: .training)
    }
    #expect(error?.code == .tooFewValues && error?.name == "b")
    #expect(executor.batchNorms.mapValues(\.rows) == before)
    #expect(try executor.stateDict(updating: stateDict).isIdentical(to: stateDict))
    _ = try executor.run(["input": try self.input(4)], mode: .training)
    #expect(executor.batchNorms.mapValues(\.rows) != before)
  }

  @Test func evaluationChangesNothing() throws {
    let stateDict = try stateDict()
    var executor = try ReferenceExecutor(graph(BatchNorm2d()), stateDict)
    _ = try executor.run(["input": input(4)])
    #expect(try executor.stateDict(updating: stateDict).isIdentical(to: stateDict))
  }

  @Test(arguments: [ScalarType.float64, .float32, .float16, .bfloat16])
  func buffersKeepTheirTypeShapeAndKind(scalarType: ScalarType) throws {
    var stateDict = try stateDict()
    for last in ["running_mean", "running_var"] {
      let old = try #require(stateDict["a.\(last)"])
      var new = try Tensor(rounding: old.doubles(), to: scalarType, shape: old.shape)
      new.kind = old.kind
      stateDict["a.\(last)"] = new
    }
    var executor = try ReferenceExecutor(graph(BatchNorm2d()), stateDict)
    _ = try executor.run(["input": input(4)], mode: .training)
    let trained = try executor.stateDict(updating: stateDict)
    #expect(trained.names == stateDict.names)
    let module = try #require(executor.batchNorms["a"])
    let mean = try #require(trained["a.running_mean"])
    #expect(mean.scalarType == scalarType && mean.shape == [2] && mean.kind == .buffer)
    let wanted = try Tensor(rounding: module.rows[0].mean, to: scalarType, shape: [2])
    #expect(try mean.storage.hasEqualBytes(to: wanted.storage))
    #expect(try trained["b.num_batches_tracked"]?.integers() == [4])
    #expect(trained["b.num_batches_tracked"]?.shape == [])
    let untouched = try #require(stateDict["a.weight"])
    #expect(trained["a.weight"]?.isTied(to: untouched) == true)
  }

  @Test func replicatedBuffersComeBackRowByRow() throws {
    let stateDict = try stateDict().toDistributed(worldSize: 3).stateDict
    var executor = try ReferenceExecutor(graph(BatchNorm2d()), stateDict)
    _ = try executor.run(["input": input(4)], mode: .training)
    let trained = try executor.stateDict(updating: stateDict)
    let (before, after) = (
      try #require(stateDict["a.running_mean"]).doubles(),
      try #require(trained["a.running_mean"]).doubles()
    )
    // Slices of 2, 2 and 0 samples.
    #expect(trained["a.running_mean"]?.shape == [3, 2])
    #expect(before[4...] == after[4...] && before[..<2] != after[..<2])
    #expect(try trained["a.num_batches_tracked"]?.integers() == [4, 4, 4])
  }

  /// Buffers [V * C] and one counter for all.
  @Test func ghostBuffersComeBackWhereTheyWere() throws {
    let stateDict = try stateDict().toDistributed(worldSize: 2, layout: .ghost).stateDict
    var executor = try ReferenceExecutor(graph(BatchNorm2d()), stateDict)
    _ = try executor.run(["input": input(4)], mode: .training)
    let trained = try executor.stateDict(updating: stateDict)
    let module = try #require(executor.batchNorms["a"])
    #expect(trained["a.running_mean"]?.shape == [4])
    let wanted = module.rows.flatMap(\.mean).map { Double(Float($0)) }
    #expect(try trained["a.running_mean"]?.doubles() == wanted)
    #expect(try trained["a.num_batches_tracked"]?.integers() == [4])
    #expect(trained["a.num_batches_tracked"]?.shape == [])
  }

  @Test func aModuleThatStandsInTheStateDictTwiceStaysOne() throws {
    var stateDict = try stateDict()
    for last in ["running_mean", "running_var", "num_batches_tracked"] {
      stateDict["alias.\(last)"] = stateDict["a.\(last)"]
    }
    var executor = try ReferenceExecutor(graph(BatchNorm2d()), stateDict)
    _ = try executor.run(["input": input(4)], mode: .training)
    let trained = try executor.stateDict(updating: stateDict)
    let mean = try #require(trained["a.running_mean"])
    #expect(trained["alias.running_mean"]?.isTied(to: mean) == true)
    #expect(try mean.doubles() != stateDict["a.running_mean"]?.doubles())
  }

  @Test func aTieOfModulesThatWentApartIsLoosed() throws {
    var stateDict = try stateDict()
    stateDict["b.running_mean"] = stateDict["a.running_mean"]
    var executor = try ReferenceExecutor(graph(BatchNorm2d()), stateDict)
    _ = try executor.run(["input": input(4)], mode: .training)
    let trained = try executor.stateDict(updating: stateDict)
    for name in ["a", "b"] {
      let wanted = try #require(executor.batchNorms[name]).rows[0].mean.map { Double(Float($0)) }
      #expect(try trained["\(name).running_mean"]?.doubles() == wanted)
    }
    stateDict["alias.running_mean"] = stateDict["a.running_mean"]
    let ambiguous = stateDict
    let error = #expect(throws: CheckpointError.self) {
      try executor.stateDict(updating: ambiguous)
    }
    #expect(error?.code == .unexpectedLayout && error?.name == "alias.running_mean")
  }

  @Test func aCounterThatIsNotThereIsNotAdded() throws {
    let whole = try stateDict()
    var old = StateDict()
    for (name, tensor) in whole.tensors where !name.hasSuffix("tracked") { old[name] = tensor }
    var executor = try ReferenceExecutor(graph(BatchNorm2d()), old)
    _ = try executor.run(["input": input(4)], mode: .training)
    #expect(try executor.stateDict(updating: old).names == old.names)
    #expect(executor.batchNorms["a"]?.rows[0].batchesTracked == 1)
  }

  @Test func aCounterThatItsTypeCannotHoldIsAnError() throws {
    var stateDict = try stateDict()
    stateDict["a.num_batches_tracked"] = try Tensor(
      .int8, shape: [], storage: TensorStorage(ByteRegion([127])))
    let full = stateDict
    var executor = try ReferenceExecutor(graph(BatchNorm2d()), full)
    _ = try executor.run(["input": input(4)], mode: .training)
    let trained = executor
    let error = #expect(throws: CheckpointError.self) { try trained.stateDict(updating: full) }
    #expect(error?.code == .overflow && error?.name == "a.num_batches_tracked")
  }

  @Test func withoutTrackingBatchesNormaliseThemselvesInBothModes() throws {
    let graph = graph(BatchNorm2d(affine: false, trackRunningStats: false))
    var executor = try ReferenceExecutor(graph, StateDict())
    let input = try input(4)
    let trained = try executor.run(["input": input], mode: .training)
    let evaluated = try executor.run(["input": input])
    #expect(trained == evaluated)
    let error = #expect(throws: CheckpointError.self) {
      try executor.run(["input": try self.input(1)])
    }
    #expect(error?.code == .tooFewValues && error?.name == "b")
  }

  @Test func aModuleAloneHasAStateDict() throws {
    let batchNorm = try DistributedBatchNorm2d(virtualWorldSize: 3)
    var module = try BatchNormModule(batchNorm(numFeatures: 2))
    #expect(module.weight == [1, 1] && module.bias == [0, 0])
    #expect(module.rows == Array(repeating: .init(mean: [0, 0], variance: [1, 1]), count: 3))
    _ = try module.train(input(7))
    let stateDict = try module.stateDict()
    #expect(
      stateDict.names == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"])
    #expect(stateDict["running_mean"]?.shape == [3, 2])
    #expect(try stateDict["num_batches_tracked"]?.integers() == [1, 1, 1])
    let again = try BatchNormModule(batchNorm(numFeatures: 2), in: stateDict)
    #expect(again.rows.map(\.mean) == module.rows.map { $0.mean.map { Double(Float($0)) } })
    let bare = try BatchNormModule(BatchNorm1d(affine: false, trackRunningStats: false)(2))
    #expect(try bare.stateDict().names.isEmpty)
  }
}

extension StateDict {
  /// Same names, same bytes.
  fileprivate func isIdentical(to other: StateDict) throws -> Bool {
    guard names == other.names else { return false }
    return try zip(tensors, other.tensors).allSatisfy {
      try $0.tensor.storage.hasEqualBytes(to: $1.tensor.storage)
    }
  }
}
