/// Builds the graph of an architecture module by module, in the order of its `forward`.
///
/// Modules are added in the order in which PyTorch's constructor creates them, which is the order
/// of the state dict.
struct GraphBuilder {
  private let normLayer: any NormLayer
  private var nodes: [Graph.Node] = []
  private var parameters: [Graph.Parameter] = []
  private var uses: [String: Int] = [:]

  /// A value in the model: its name and its number of channels.
  struct Value {
    let name: String
    let channels: Int
  }

  init(normLayer: any NormLayer) {
    self.normLayer = normLayer
  }

  /// The model's input, a batch of images: [N, channels, H, W].
  static let image = Value(name: "input", channels: 3)

  func graph(named name: String, output: Value) -> Graph {
    Graph(
      name: name, inputs: [.init(Self.image.name, shape: [nil, Self.image.channels, nil, nil])],
      nodes: nodes, outputs: [output.name], parameters: parameters)
  }

  /// A square 2-D convolution.
  mutating func convolution(
    _ name: String, _ input: Value, to channels: Int, kernel: Int, stride: Int = 1,
    padding: Int = 0, groups: Int = 1, hasBias: Bool = false
  ) -> Value {
    parameter("\(name).weight", [channels, input.channels / groups, kernel, kernel])
    if hasBias { parameter("\(name).bias", [channels]) }
    let attributes = Operation.Convolution(
      stride: [stride, stride], padding: [padding, padding], dilation: [1, 1], groups: groups)
    return add(
      name, .convolution(attributes),
      [
        .value(input.name), .parameter("\(name).weight"),
        hasBias ? .parameter("\(name).bias") : .none,
      ], channels: channels)
  }

  mutating func batchNorm(_ name: String, _ input: Value) -> Value {
    let module = normLayer(numFeatures: input.channels)
    for tensor in module.tensors { parameter("\(name).\(tensor.key)", tensor.shape) }
    let attributes = Operation.BatchNormAttributes(module: name, module)
    return add(name, .batchNorm(attributes), [.value(input.name)], channels: input.channels)
  }

  mutating func activation(_ name: String, _ input: Value, _ function: Activation) -> Value {
    add(name, .activation(function), [.value(input.name)], channels: input.channels)
  }

  mutating func sum(_ name: String, _ first: Value, _ second: Value) -> Value {
    add(
      name, .add(scale: 1), [.value(first.name), .value(second.name)], channels: first.channels)
  }

  mutating func maxPool(
    _ name: String, _ input: Value, kernel: Int, stride: Int, padding: Int = 0
  ) -> Value {
    pool(name, input, kernel, stride, padding) { .maxPool($0) }
  }

  mutating func averagePool(_ name: String, _ input: Value, kernel: Int, stride: Int) -> Value {
    pool(name, input, kernel, stride, 0) { .averagePool($0) }
  }

  private mutating func pool(
    _ name: String, _ input: Value, _ kernel: Int, _ stride: Int, _ padding: Int,
    _ operation: (Operation.Pooling) -> Operation
  ) -> Value {
    let pooling = Operation.Pooling(
      kernel: [kernel, kernel], stride: [stride, stride], padding: [padding, padding])
    return add(name, operation(pooling), [.value(input.name)], channels: input.channels)
  }

  mutating func adaptiveAveragePool(_ name: String, _ input: Value, to size: Int) -> Value {
    add(
      name, .adaptiveAveragePool([size, size]), [.value(input.name)], channels: input.channels)
  }

  /// Flattens all dimensions but the first; a channel has `positions` elements.
  mutating func flatten(_ name: String, _ input: Value, positions: Int = 1) -> Value {
    add(
      name, .flatten(start: 1, end: -1), [.value(input.name)],
      channels: input.channels * positions)
  }

  mutating func concatenation(_ name: String, _ inputs: [Value]) -> Value {
    add(
      name, .concatenate(dimension: 1), inputs.map { .value($0.name) },
      channels: inputs.reduce(0) { $0 + $1.channels })
  }

  mutating func linear(_ name: String, _ input: Value, to features: Int) -> Value {
    parameter("\(name).weight", [features, input.channels])
    parameter("\(name).bias", [features])
    return add(
      name, .linear,
      [
        .value(input.name), .parameter("\(name).weight"), .parameter("\(name).bias"),
      ], channels: features)
  }

  private mutating func parameter(_ key: String, _ shape: [Int]) {
    parameters.append(Graph.Parameter(key: key, shape: shape))
  }

  /// Adds a node; if a module is used again, such as a ReLU, a number is appended to its name.
  private mutating func add(
    _ name: String, _ operation: Operation, _ operands: [Graph.Operand], channels: Int
  ) -> Value {
    let use = uses[name, default: 0]
    uses[name] = use + 1
    let unique = use == 0 ? name : "\(name)_\(use)"
    nodes.append(Graph.Node(unique, operation, operands))
    return Value(name: unique, channels: channels)
  }
}
