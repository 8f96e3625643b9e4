import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

struct EngineTests {
  private func model(_ scalarType: ScalarType = .float32) throws -> (Graph, StateDict) {
    let graph = Graph(
      name: "small", inputs: [.init("x", shape: [nil, 2])],
      nodes: [.init("fc", .linear, [.value("x"), .parameter("fc.weight"), .none])],
      outputs: ["fc"], parameters: [])
    var stateDict = StateDict()
    stateDict["fc.weight"] = try Tensor(rounding: [1, 2, 3, 4], to: scalarType, shape: [2, 2])
    return (graph, stateDict)
  }

  private let input: [String: DenseArray]

  init() throws {
    input = ["x": try DenseArray(shape: [1, 2], values: [1, 0.5])]
  }

  @Test(
    arguments: Engine.allCases.filter(\.isAvailable), [ScalarType.float16, .bfloat16, .float32])
  func theTypesOfWeightsAreWidened(engine: Engine, scalarType: ScalarType) throws {
    let (graph, stateDict) = try model(scalarType)
    var executor = try engine.executor(graph, stateDict)
    #expect(try executor.run(input)[0].values == [2, 5])
  }

  @Test(.oneDNN) func float64IsTheReferenceEngines() throws {
    let (graph, stateDict) = try model(.float64)
    let error = #expect(throws: CheckpointError.self) {
      try Engine.oneDNN.executor(graph, stateDict)
    }
    #expect(error?.code == .unsupportedScalarType && error?.name == "fc.weight")
    #expect(error?.advice?.description.contains("reference engine") == true)
    #expect(Engine.standard(for: stateDict) == .reference)
    #expect(Engine.standard(for: try model().1) == .oneDNN)
    let options = ExecutionOptions(roundsToFloat32: true)
    var executor = try Engine.oneDNN.executor(graph, stateDict, options: options)
    #expect(try executor.run(input)[0].values == [2, 5])
  }

  @Test(.oneDNN) func anInputThatIsNoFloat32IsRefused() throws {
    let (graph, stateDict) = try model()
    var executor = try Engine.oneDNN.executor(graph, stateDict)
    let wide = ["x": try DenseArray(shape: [1, 2], values: [1, 0.1])]
    let error = #expect(throws: CheckpointError.self) { try executor.run(wide) }
    #expect(error?.code == .unsupportedScalarType && error?.name == "x")
  }

  @Test(.oneDNN, arguments: [Double.nan, .infinity, 1e39])
  func whatIsNotFiniteIsRefused(number: Double) throws {
    var (graph, stateDict) = try model()
    let options = ExecutionOptions(roundsToFloat32: true)
    var executor = try Engine.oneDNN.executor(graph, stateDict, options: options)
    let infinite = ["x": try DenseArray(shape: [1, 2], values: [1, number])]
    var error = #expect(throws: CheckpointError.self) { try executor.run(infinite) }
    #expect(error?.code == .notFinite && error?.name == "x")
    stateDict["fc.weight"] = try Tensor(
      rounding: [1, 2, number, 4], to: .float32, shape: [2, 2])
    executor = try Engine.oneDNN.executor(graph, stateDict)
    error = #expect(throws: CheckpointError.self) { try executor.run(input) }
    #expect(error?.code == .notFinite && error?.name == "fc.weight")
    #expect(error?.reason.contains("element 2") == true)
  }
  /// oneDNN's ReLU would make 0 of the NaN that they give.
  @Test(
    .oneDNN,
    arguments: [("running_var", Double.nan), ("running_var", -1), ("running_mean", .infinity)]
      + [("weight", .nan), ("bias", -.infinity)],
    [false, true])
  func aBatchNormWhoseOutputsAreNotFiniteIsRefused(
    broken: (last: String, number: Double), folds: Bool
  ) throws {
    var generator = SeededGenerator(3)
    for worldSize in [1, 2] {
      var random = RandomGraph(&generator)
      let x = try random.input("x", [4, 3, 5, 5])
      random.add(
        "conv", .convolution(.init(stride: [1, 1], padding: [1, 1], dilation: [1, 1])),
        [x, try random.parameter("conv.weight", [16, 3, 3, 3]), .none])
      try random.addBatchNorm("bn", .value("conv"), features: 16, worldSize: worldSize)
      random.add("relu", .activation(.relu), [.value("bn")])
      var stateDict = random.stateDict
      let key = "bn.\(broken.last)"
      let tensor = try #require(stateDict[key])
      var values = try tensor.doubles()
      values[values.count - 3] = broken.number
      stateDict[key] = try Tensor(rounding: values, to: .float32, shape: tensor.shape)
      let options = ExecutionOptions(foldsBatchNorm: folds)
      var executor = try Engine.oneDNN.executor(random.graph, stateDict, options: options)
      var error = #expect(throws: CheckpointError.self) { try executor.run(random.inputs) }
      #expect(error?.code == .notFinite && error?.name == "bn")
      #expect(error?.advice?.description.contains("reference engine") == true)
      // Training does not use the running statistics.
      if broken.last.hasPrefix("running") {
        _ = try executor.run(random.inputs, mode: .training)
      } else {
        error = #expect(throws: CheckpointError.self) {
          try executor.run(random.inputs, mode: .training)
        }
        #expect(error?.code == .notFinite && error?.name == "bn")
      }
    }
  }
  @Test(arguments: Engine.allCases.filter(\.isAvailable))
  func aModelThatDoesNotFitIsToldByItsNames(engine: Engine) throws {
    let (graph, stateDict) = try model()
    var error = #expect(throws: CheckpointError.self) {
      try engine.executor(graph, StateDict())
    }
    #expect(error?.code == .missingOperand && error?.name == "fc.weight")
    var executor = try engine.executor(graph, stateDict)
    let long = ["x": try DenseArray(shape: [1, 3], values: [1, 2, 3])]
    error = #expect(throws: CheckpointError.self) { try executor.run(long) }
    #expect(error?.code == .shapeMismatch && error?.name == "x")
    error = #expect(throws: CheckpointError.self) { try executor.run([:]) }
    #expect(error?.code == .missingOperand && error?.name == "x")
  }

  @Test(arguments: Engine.allCases.filter(\.isAvailable), [nil, 1, 2, 100])
  func theNumberOfThreadsDoesNotChangeResults(engine: Engine, threads: Int?) throws {
    let (graph, stateDict) = try model()
    var executor = try engine.executor(
      graph, stateDict, options: ExecutionOptions(threads: threads))
    #expect(try executor.run(input)[0].values == [2, 5])
  }

  @Test(arguments: Engine.allCases.filter(\.isAvailable))
  func anEmptyBatchGivesAnEmptyOutput(engine: Engine) throws {
    let (graph, stateDict) = try model()
    var executor = try engine.executor(graph, stateDict)
    let outputs = try executor.run(["x": DenseArray(shape: [0, 2], values: [])])
    #expect(outputs[0].shape == [0, 2])
  }
}
