import DBNBatchNorm
import DBNComparison
import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import DBNVerification
import Testing

/// A model is run with both checkpoints, and every layer compared.
struct ModelVerificationTests {
  private let standard: StateDict
  private let graph = Graph(
    name: "small", inputs: [.init("x", shape: [nil, 2, 3, 3])],
    nodes: [
      .init(
        "conv",
        .convolution(.init(stride: [1, 1], padding: [0, 0], dilation: [1, 1])),
        [.value("x"), .parameter("conv.weight"), .none]),
      .init("bn", .batchNorm(.init(module: "bn", NormModule(numFeatures: 2))), [.value("conv")]),
      .init("relu", .activation(.relu), [.value("bn")]),
      .init("sum", .add(scale: 1), [.value("relu"), .value("conv")]),
    ], outputs: ["sum"], parameters: [])

  init() throws {
    standard = try .batchNorm(means: [[0.5, -3]], variances: [[2, 0.125]], counters: [7])
  }

  private func nudged(_ key: String, _ place: Int, worldSize: Int) throws -> StateDict {
    var distributed = try standard.toDistributed(worldSize: worldSize).stateDict
    let tensor = try #require(distributed[key])
    var values = try tensor.doubles()
    values[place] = Double(Float(values[place]).nextUp)
    distributed[key] = try .float32(values, tensor.shape)
    return distributed
  }

  @Test(arguments: [1, 2, 4, 8, 16], ExecutionMode.allCases)
  func aConvertedModelIsBitIdentical(worldSize: Int, mode: ExecutionMode) throws {
    let distributed = try standard.toDistributed(worldSize: worldSize).stateDict
    var verification = ModelVerification(graph)
    verification.mode = mode
    for samples in [nil, 3 * worldSize] {
      verification.samples = samples
      for (a, b) in [(standard, distributed), (distributed, standard)] {
        let result = try verification.compare(a, b)
        #expect(result.isEqual && result.isBitIdentical && result.maxAbsolute == 0)
        #expect(result.layers.map(\.name) == ["conv", "bn", "relu", "sum"])
        #expect(result.model == "small" && result.otherTensors == 1)
      }
    }
  }

  /// Inception v3 needs images of 75x75.
  @Test(arguments: [
    ([5, 5], [64, 64]), ([70, 70], [128, 128]), ([5, 5, 5], [16, 16, 16]),
    ([20, 5, 5], [32, 32, 32]),
  ])
  func randomImagesAreAsLargeAsEveryLayerNeeds(kernel: [Int], drawn: [Int]) throws {
    let pooling = Operation.Pooling(kernel: kernel, stride: kernel, padding: kernel.map { _ in 0 })
    let open = [Int?](repeating: nil, count: kernel.count)
    let graph = Graph(
      name: "pooled", inputs: [.init("x", shape: [nil, 2] + open)],
      nodes: [
        .init("pool", .averagePool(pooling), [.value("x")]),
        .init("bn", .batchNorm(.init(module: "bn", NormModule(numFeatures: 2))), [.value("pool")]),
      ], outputs: ["bn"], parameters: [])
    let result = try ModelVerification(graph).compare(standard, standard)
    #expect(result.inputs.tensors.map(\.shape) == [[8, 2] + drawn])
  }

  @Test func theBatchReachesEveryDevice() throws {
    let distributed = try standard.toDistributed(worldSize: 20).stateDict
    var verification = ModelVerification(graph)
    #expect(try verification.compare(standard, distributed).samples == 20)
    verification.mode = .training
    #expect(try verification.compare(standard, distributed).samples == 40)
  }

  @Test(arguments: ["running_mean", "running_var"])
  func oneULPInOneReplicaIsFoundInItsLayer(last: String) throws {
    let other = try nudged("bn.\(last)", 5 * 2 + 1, worldSize: 8)
    let result = try ModelVerification(graph).compare(standard, other)
    let layer = try #require(result.firstDivergence)
    #expect(!result.isEqual && layer.name == "bn" && layer.divergence?.quantity == "output")
    #expect(layer.divergence?.index == [5, 1, 0, 0])
  }

  /// Training normalises with the batch's statistics: only the updated row shows it.
  @Test func inTrainingTheRowIsNamed() throws {
    let other = try nudged("bn.running_mean", 2 * 2, worldSize: 4)
    var verification = ModelVerification(graph)
    verification.mode = .training
    let divergence = try verification.compare(standard, other).firstDivergence?.divergence
    #expect(divergence?.quantity == "running_mean" && divergence?.device == 2)
    #expect(divergence?.index == [0])
  }

  /// An error of the outputs by a thousandth stays one whatever a counter holds.
  @Test func relativeErrorsOfALayerAreOfItsOutputs() throws {
    var (first, second) = (standard, standard)
    for key in ["bn.weight", "bn.bias"] {
      let tensor = try #require(standard[key])
      second[key] = try Tensor(
        rounding: tensor.doubles().map { $0 * 1.001 }, to: .float64, shape: tensor.shape)
    }
    first["bn.num_batches_tracked"] = try Tensor([1_000_000], shape: [])
    second["bn.num_batches_tracked"] = first["bn.num_batches_tracked"]
    var verification = ModelVerification(graph)
    verification.mode = .training
    let result = try verification.compare(first, second)
    let layer = try #require(result.layers.first { $0.name == "bn" }).outputs
    #expect(abs(layer.relativeError - 0.001 / 1.001) < 1e-9)
    #expect(abs(layer.signalToNoise - 60.008681) < 1e-4 && layer.cosineSimilarity > 1 - 1e-9)
    #expect(result.relativeError >= layer.relativeError)
  }

  @Test(arguments: ExecutionMode.allCases)
  func aBatchThatMissesADeviceIsAnError(mode: ExecutionMode) throws {
    let other = try standard.toDistributed(worldSize: 4).stateDict
    var verification = ModelVerification(graph)
    verification.mode = mode
    verification.samples = 3
    var error = #expect(throws: CheckpointError.self) {
      try verification.compare(standard, other)
    }
    #expect(error?.code == .invalidBatch && error?.name == "bn")
    #expect(error?.advice == "verify with 4 samples")
    verification.samples = nil
    verification.inputs = [
      "x": try DenseArray(shape: [2, 2, 3, 3], values: .init(repeating: 1, count: 36))
    ]
    error = #expect(throws: CheckpointError.self) { try verification.compare(standard, other) }
    #expect(error?.reason.contains("reaches 2 of 4 devices") == true)
  }

  @Test func aToleranceIsForWhatIsStoredToo() throws {
    var other = try standard.toDistributed(worldSize: 4).stateDict
    let means = try #require(other["bn.running_mean"])
    var values = try means.doubles()
    values[3 * 2] += 1
    other["bn.running_mean"] = try .float32(values, means.shape)
    var verification = ModelVerification(graph)
    verification.mode = .training
    verification.tolerance.absolute = 0.95
    let result = try verification.compare(standard, other)
    #expect(!result.isEqual && result.firstDivergence?.divergence?.quantity == "running_mean")
    #expect(result.stateMaxAbsolute == 1)
    verification.tolerance.absolute = 1
    #expect(try verification.compare(standard, other).isEqual)
  }

  @Test func aToleranceIsForOtherTensorsToo() throws {
    var other = standard
    let weight = try #require(standard["conv.weight"])
    other["conv.weight"] = try Tensor(
      rounding: weight.doubles().map { $0 * (1 + 1e-7) }, to: .float64, shape: weight.shape)
    var verification = ModelVerification(graph)
    let exact = try verification.compare(standard, other)
    #expect(exact.firstDivergence?.name == "conv" && exact.differentTensors.count == 1)
    verification.tolerance.absolute = 1e-5
    let near = try verification.compare(standard, other)
    #expect(near.isEqual && !near.isBitIdentical && near.maxAbsolute > 0)
    other["unused"] = try .float32([1])
    #expect(try !verification.compare(standard, other).isEqual)
  }

  @Test(arguments: ExecutionMode.allCases)
  func numbersOfDevicesMustFit(mode: ExecutionMode) throws {
    let four = try standard.toDistributed(worldSize: 4).stateDict
    let two = try standard.toDistributed(worldSize: 2).stateDict
    var verification = ModelVerification(graph)
    verification.mode = mode
    let error = #expect(throws: CheckpointError.self) { try verification.compare(four, two) }
    #expect(error?.code == .batchNormsDiffer)
  }

  @Test(arguments: [0, -1, Int.max])
  func batchesThatMakeNoSenseAreRefused(samples: Int) {
    var verification = ModelVerification(graph)
    verification.samples = samples
    let error = #expect(throws: CheckpointError.self) {
      try verification.compare(standard, standard)
    }
    #expect(error?.code == .invalidBatch)
  }

  /// - Parameter sizes: of a reshape after the last layer.
  private func exported(samples: Int, reshaping sizes: [Size] = []) -> Graph {
    let view = Graph.Node("view", .reshape(sizes), [.value("sum")])
    return Graph(
      name: "exported", inputs: [.init("x", shape: [samples, 2, 3, 3])],
      nodes: graph.nodes + (sizes.isEmpty ? [] : [view]),
      outputs: [sizes.isEmpty ? "sum" : "view"], parameters: [])
  }

  @Test(arguments: ExecutionMode.allCases)
  func aProgramForOneNumberOfSamplesRunsOnSlicesToo(mode: ExecutionMode) throws {
    let distributed = try standard.toDistributed(worldSize: 4).stateDict
    for (samples, expected) in [(1, 8), (9, 8), (12, 12)] {
      var verification = ModelVerification(exported(samples: samples))
      verification.mode = mode
      let result = try verification.compare(standard, distributed)
      #expect(result.isBitIdentical && result.samples == expected)
      verification.samples = 7
      #expect(try verification.compare(distributed, standard).samples == 7)
    }
  }

  /// `x.view(12, -1)`, and then an expand to the same shape, of a program for 12 samples.
  @Test(arguments: ExecutionMode.allCases)
  func shapesThatBeginWithTheBatchFollowIt(mode: ExecutionMode) throws {
    let distributed = try standard.toDistributed(worldSize: 4).stateDict
    let view = exported(samples: 12, reshaping: [12, .inferred])
    let expand = Graph.Node("expand", .expand([12, 18]), [.value("view")])
    let both = Graph(
      name: "exported", inputs: view.inputs, nodes: view.nodes + [expand], outputs: ["expand"],
      parameters: [])
    for graph in [view, both] {
      var verification = ModelVerification(graph)
      verification.mode = mode
      let result = try verification.compare(standard, distributed)
      #expect(result.isBitIdentical && result.samples == 12)
      verification.samples = 7
      #expect(try verification.compare(distributed, standard).samples == 7)
    }
  }

  @Test func aSizeThatIsAMultipleOfTheBatchKeepsItToThat() throws {
    let distributed = try standard.toDistributed(worldSize: 4).stateDict
    var verification = ModelVerification(exported(samples: 12, reshaping: [24, .inferred]))
    let result = try verification.compare(standard, distributed)
    #expect(result.isBitIdentical && result.samples == 12)
    verification.samples = 8
    var error = #expect(throws: CheckpointError.self) {
      try verification.compare(standard, distributed)
    }
    #expect(error?.code == .invalidBatch && error?.reason.contains("for 12 samples") == true)
    verification.samples = nil
    verification.mode = .training
    #expect(try verification.compare(distributed, distributed).samples == 12)
    error = #expect(throws: CheckpointError.self) {
      try verification.compare(distributed, standard)
    }
    #expect(error?.code == .invalidBatch && error?.reason.contains("slice") == true)
    #expect(error?.advice?.description.contains("dynamic_shapes") == true)
    let five = try standard.toDistributed(worldSize: 5).stateDict
    verification.mode = .evaluation
    error = #expect(throws: CheckpointError.self) { try verification.compare(standard, five) }
    #expect(error?.reason.contains("reaches 4 of 5 devices") == true)
    #expect(error?.advice?.description.contains("dynamic_shapes") == true)
  }

  @Test func layersOfAnotherWidthAreDifferent() throws {
    var other = standard
    other["conv.weight"] = try .float32([1, 2, 3, 4, 5, 6], [3, 2, 1, 1])
    let narrow = Graph(
      name: "conv", inputs: graph.inputs, nodes: [graph.nodes[0]], outputs: ["conv"],
      parameters: [])
    let result = try ModelVerification(narrow).compare(standard, other)
    #expect(!result.isEqual && result.differentTensors.map(\.name) == ["conv.weight"])
    #expect(result.otherDifferences.map(\.name) == ["conv"])
    #expect(result.otherDifferences[0].reason.contains("[8, 2, 3, 3] and [8, 3, 3, 3]"))
  }

  @Test func aMissingTensorIsNamedWithItsCheckpoint() throws {
    var other = StateDict()
    for (name, tensor) in standard.tensors where name != "conv.weight" { other[name] = tensor }
    let error = #expect(throws: CheckpointError.self) {
      try ModelVerification(graph).compare(standard, other)
    }
    #expect(error?.name == "conv.weight" && error?.reason.contains("second") == true)
  }
}
