import DBNBatchNorm
import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport

/// Graphs of one or a few operations on random shapes, with their tensors.
struct RandomGraph {
  private(set) var nodes: [Graph.Node] = []
  private(set) var stateDict = StateDict()
  private(set) var inputs: [String: DenseArray] = [:]
  private var generator: SeededGenerator

  init(_ generator: inout SeededGenerator) {
    self.generator = SeededGenerator(generator.next())
  }

  var graph: Graph {
    Graph(
      name: "random",
      inputs: inputs.sorted { $0.key < $1.key }.map { .init($0.key, shape: $0.value.shape) },
      nodes: nodes, outputs: nodes.last?.outputs ?? [], parameters: [])
  }

  mutating func int(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &generator) }

  mutating func ints(_ count: Int, _ range: ClosedRange<Int>) -> [Int] {
    (0..<count).map { _ in int(range) }
  }

  mutating func element<Value>(_ values: [Value]) -> Value { values[int(0...values.count - 1)] }

  /// The numbers from 0 to before the count, in a random order.
  mutating func shuffled(_ count: Int) -> [Int] { (0..<count).shuffled(using: &generator) }

  private mutating func numbers(_ shape: [Int]) -> [Double] {
    (0..<shape.reduce(1, *)).map { _ in Double(Float.random(in: -1...1, using: &generator)) }
  }

  mutating func input(_ name: String, _ shape: [Int]) throws -> Graph.Operand {
    inputs[name] = try DenseArray(shape: shape, values: numbers(shape))
    return .value(name)
  }

  mutating func parameter(_ key: String, _ shape: [Int]) throws -> Graph.Operand {
    stateDict[key] = try Tensor(rounding: numbers(shape), to: .float32, shape: shape)
    return .parameter(key)
  }

  mutating func inputOrParameter(_ name: String, _ shape: [Int]) throws -> Graph.Operand {
    try int(0...1) == 0 ? input(name, shape) : parameter(name, shape)
  }

  mutating func add(
    _ name: String, _ operation: Operation, _ operands: [Graph.Operand], outputs: [String]? = nil
  ) {
    nodes.append(Graph.Node(name, operation, operands, outputs: outputs))
  }

  /// A BatchNorm with running statistics: variances between 0.5 and 1.5.
  mutating func addBatchNorm(
    _ name: String, _ input: Graph.Operand, features: Int, worldSize: Int = 1
  ) throws {
    var module = NormModule(numFeatures: features)
    if worldSize > 1 { (module.layout, module.worldSize) = (.replicated, worldSize) }
    let shape = worldSize > 1 ? [worldSize, features] : [features]
    _ = try parameter("\(name).weight", [features])
    _ = try parameter("\(name).bias", [features])
    _ = try parameter("\(name).running_mean", shape)
    let variances = numbers(shape).map { 1 + $0 / 2 }
    stateDict["\(name).running_var"] = try Tensor(
      rounding: variances, to: .float32, shape: shape)
    stateDict["\(name).num_batches_tracked"] = try Tensor(
      Array(repeating: 3, count: worldSize), shape: worldSize > 1 ? [worldSize] : [])
    add(name, .batchNorm(.init(module: name, module)), [input])
  }

  /// A convolution of a random kind that fits its input, with channels of all sizes and groups.
  ///
  /// - Returns: its operand and the number of its filters.
  mutating func addConvolution(_ name: String) throws -> (output: Graph.Operand, filters: Int) {
    let rank = element([1, 2, 2, 2, 3])
    let groups = element([1, 1, 1, 2, 4, 6, 32])
    let isDepthwise = groups > 1 && int(0...2) == 0
    let channels = groups * (isDepthwise ? 1 : element([1, 2, 3, 4, 8, 17]))
    let filters = groups * (isDepthwise ? element([1, 2]) : element([1, 3, 4, 8, 16]))
    let kernel = ints(rank, 1...3)
    let attributes = Operation.Convolution(
      stride: ints(rank, 1...3), padding: kernel.map { int(0...$0) }, dilation: ints(rank, 1...2),
      groups: groups)
    let size = kernel.indices.map { (kernel[$0] - 1) * attributes.dilation[$0] + int(1...9) }
    let operands = [
      try input("x", [int(1...3), channels] + size),
      try parameter("\(name).weight", [filters, channels / groups] + kernel),
      int(0...1) == 0 ? .none : try parameter("\(name).bias", [filters]),
    ]
    add(name, .convolution(attributes), operands)
    return (.value(name), filters)
  }

  /// A convolution with 1x1 filters, whose output has these channels and sizes, in the layout that
  /// convolutions have.
  mutating func addConvolution(
    _ name: String, channels: Int, sizes: [Int]
  ) throws -> Graph.Operand {
    let x = try input("x", [int(1...4), channels] + sizes)
    let weight = try parameter("\(name).weight", [channels, channels, 1, 1])
    add(
      name, .convolution(.init(stride: [1, 1], padding: [0, 0], dilation: [1, 1])),
      [x, weight, .none])
    return .value(name)
  }
}
