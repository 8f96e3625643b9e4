import DBNBatchNorm
import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

@Suite(.serialized, .oneDNN)
struct OneDNNBatchNormTests {
  private let graph: Graph
  private let standard: StateDict
  private let inputs: [String: DenseArray]

  init() throws {
    let architecture = try #require(Architecture.named("resnet50"))
    graph = architecture()
    standard = try Formula.stateDict(for: graph, .float32)
    inputs = ["input": try DenseArray(Formula.tensor("input", [16, 3, 32, 32], .float32))]
  }

  @Test func aReplicatedModelGivesTheStandardOnesOutputsToTheLastBit() throws {
    let replicated = try standard.toDistributed(worldSize: 8).stateDict
    var a = try OneDNNExecutor(graph, standard)
    var b = try OneDNNExecutor(graph, replicated)
    let outputs = try a.run(inputs)
    #expect(outputs[0].values.contains { $0 != 0 })
    #expect(try b.run(inputs) == outputs)
  }

  @Test func andSoDoesEachOfItsLayers() throws {
    let replicated = try standard.toDistributed(worldSize: 8).stateDict
    var a = try OneDNNExecutor(graph, standard).start(inputs, mode: .evaluation)
    var b = try OneDNNExecutor(graph, replicated).start(inputs, mode: .evaluation)
    var count = 0
    while let layer = try a.next(), let other = try b.next() {
      #expect(layer.outputs == other.outputs, "\(layer.node.name)")
      count += 1
    }
    #expect(count == graph.nodes.count)
    #expect(try a.outputs() == b.outputs())
  }

  /// A ULP of one statistic of one replica is seen in that device's samples, and in no others'.
  @Test func aNudgeOfOneReplicaIsSeenInItsSlice() throws {
    var replicated = try standard.toDistributed(worldSize: 8).stateDict
    let key = "bn1.running_mean"
    var means = try #require(replicated[key]).array(of: Float.self)
    for feature in 0..<64 { means[3 * 64 + feature] = means[3 * 64 + feature].nextUp }
    replicated[key] = try Tensor(rounding: means.map(Double.init), to: .float32, shape: [8, 64])
    var a = try OneDNNExecutor(graph, standard)
    var b = try OneDNNExecutor(graph, replicated)
    let (one, other) = (try a.run(inputs)[0], try b.run(inputs)[0])
    let differing = (0..<16).filter { sample in
      let range = sample * 1000..<(sample + 1) * 1000
      return one.values[range] != other.values[range]
    }
    #expect(differing == [6, 7])
  }
}

@Suite(.oneDNN)
struct OneDNNTrainingTests {
  private func model() throws -> RandomGraph {
    var generator = SeededGenerator(7)
    var random = RandomGraph(&generator)
    let x = try random.input("x", [8, 3, 5, 5])
    random.add(
      "conv", .convolution(.init(stride: [1, 1], padding: [1, 1], dilation: [1, 1])),
      [x, try random.parameter("conv.weight", [16, 3, 3, 3]), .none])
    try random.addBatchNorm("bn", .value("conv"), features: 16, worldSize: 4)
    random.add("relu", .activation(.relu), [.value("bn")])
    return random
  }

  /// To 1e-5 of the reference's.
  @Test func outputsAndBuffersAreTheReferences() throws {
    let random = try model()
    var reference = try ReferenceExecutor(random.graph, random.stateDict)
    var executor = try OneDNNExecutor(random.graph, random.stateDict)
    for _ in 0..<2 {
      let expected = try reference.run(random.inputs, mode: .training)[0].values
      let outputs = try executor.run(random.inputs, mode: .training)[0].values
      #expect(zip(outputs, expected).allSatisfy { abs($0 - $1) < 1e-5 })
    }
    let rows = try #require(executor.batchNorms["bn"]).rows
    let expected = try #require(reference.batchNorms["bn"]).rows
    #expect(rows.map(\.batchesTracked) == [5, 5, 5, 5])
    for (row, expected) in zip(rows, expected) {
      #expect(zip(row.mean, expected.mean).allSatisfy { abs($0 - $1) < 1e-5 })
      #expect(zip(row.variance, expected.variance).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  @Test func evaluationAfterTrainingUsesTheNewStatistics() throws {
    let random = try model()
    var trained = try OneDNNExecutor(random.graph, random.stateDict)
    let before = try trained.run(random.inputs)
    _ = try trained.run(random.inputs, mode: .training)
    let after = try trained.run(random.inputs)
    #expect(before != after)
    let updated = try trained.stateDict(updating: random.stateDict)
    var fresh = try OneDNNExecutor(random.graph, updated)
    let expected = try fresh.run(random.inputs)[0].values
    // The fresh one has statistics that were rounded to float32.
    #expect(zip(after[0].values, expected).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func aCopyHasStatisticsOfItsOwn() throws {
    let random = try model()
    let original = try OneDNNExecutor(random.graph, random.stateDict)
    var copy = original
    _ = try copy.run(random.inputs, mode: .training)
    #expect(original.batchNorms["bn"]?.rows.map(\.batchesTracked) == [3, 3, 3, 3])
    var other = original
    var fresh = try OneDNNExecutor(random.graph, random.stateDict)
    #expect(try other.run(random.inputs) == fresh.run(random.inputs))
  }

  @Test func anErrorLeavesAllStatisticsAsTheyWere() throws {
    var random = try model()
    // The second BatchNorm sees one value per channel and device.
    random.add("pooled", .adaptiveAveragePool([1, 1]), [.value("relu")])
    try random.addBatchNorm("last", .value("pooled"), features: 16, worldSize: 8)
    var executor = try OneDNNExecutor(random.graph, random.stateDict)
    let error = #expect(throws: CheckpointError.self) {
      try executor.run(random.inputs, mode: .training)
    }
    #expect(error?.code == .tooFewValues && error?.name == "last")
    #expect(executor.batchNorms["bn"]?.rows.map(\.batchesTracked) == [3, 3, 3, 3])
  }
}
