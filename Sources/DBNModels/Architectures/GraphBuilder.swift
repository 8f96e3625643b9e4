/// Builds the graph of an architecture module by module, in the order of its `forward`.
///
/// Modules are added in the order in which PyTorch's constructor creates them, which is the order
/// of the state dict.
struct GraphBuilder {
  private let normLayer: any NormLayer
  let dimensions: Int
  /// The epsilon of the BatchNorms that follow; nil for that of `normLayer`.
  var eps: Double?
  /// Their momentum; nil for that of `normLayer`.
  var momentum: Double?
  private var nodes: [Graph.Node] = []
  private var parameters: [Graph.Parameter] = []
  private var uses: [String: Int] = [:]

  /// A value in the model: its name and its number of channels.
  struct Value {
    let name: String
    let channels: Int
  }

  /// - Parameters:
  ///   - dimensions: the number of spatial dimensions: 2 for images, 3 for videos.
  ///   - eps: the epsilon of the BatchNorms; nil for that of `normLayer`.
  ///   - momentum: the same for the momentum.
  init(
    normLayer: any NormLayer, dimensions: Int = 2, eps: Double? = nil, momentum: Double? = nil
  ) {
    self.normLayer = normLayer
    self.dimensions = dimensions
    self.eps = eps
    self.momentum = momentum
  }

  /// The model's input, a batch of images or videos: [N, channels, H, W] or [N, channels, T, H, W].
  static let image = Value(name: "input", channels: 3)

  func graph(named name: String, output: Value) -> Graph {
    let open = [Int?](repeating: nil, count: dimensions)
    return Graph(
      name: name, inputs: [.init(Self.image.name, shape: [nil, Self.image.channels] + open)],
      nodes: nodes, outputs: [output.name], parameters: parameters)
  }

  mutating func convolution(
    _ name: String, _ input: Value, to channels: Int, kernel: some AxisSizes,
    stride: some AxisSizes = 1, padding: some AxisSizes = 0, dilation: Int = 1, groups: Int = 1,
    hasBias: Bool = false
  ) -> Value {
    let kernel = kernel.sizes(dimensions)
    parameter("\(name).weight", [channels, input.channels / groups] + kernel)
    if hasBias { parameter("\(name).bias", [channels]) }
    let attributes = Operation.Convolution(
      stride: stride.sizes(dimensions), padding: padding.sizes(dimensions),
      dilation: dilation.sizes(dimensions), groups: groups)
    return add(
      name, .convolution(attributes),
      [
        .value(input.name), .parameter("\(name).weight"),
        hasBias ? .parameter("\(name).bias") : .none,
      ], channels: channels)
  }

  mutating func batchNorm(_ name: String, _ input: Value) -> Value {
    var module = normLayer(numFeatures: input.channels)
    // Every architecture has `BatchNorm2d` as its default, also one for videos.
    if module.dimensions != nil { module.dimensions = dimensions }
    if let eps { module.eps = eps }
    if let momentum { module.momentum = momentum }
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

  mutating func product(_ name: String, _ first: Value, _ second: Value) -> Value {
    add(name, .multiply, [.value(first.name), .value(second.name)], channels: first.channels)
  }

  mutating func maxPool(
    _ name: String, _ input: Value, kernel: some AxisSizes, stride: some AxisSizes,
    padding: some AxisSizes = 0, usesCeiling: Bool = false
  ) -> Value {
    let pooling = pooling(kernel, stride, padding, usesCeiling: usesCeiling)
    return add(name, .maxPool(pooling), [.value(input.name)], channels: input.channels)
  }

  mutating func averagePool(
    _ name: String, _ input: Value, kernel: some AxisSizes, stride: some AxisSizes,
    padding: some AxisSizes = 0
  ) -> Value {
    let pooling = pooling(kernel, stride, padding)
    return add(name, .averagePool(pooling), [.value(input.name)], channels: input.channels)
  }

  private func pooling(
    _ kernel: some AxisSizes, _ stride: some AxisSizes, _ padding: some AxisSizes,
    usesCeiling: Bool = false
  ) -> Operation.Pooling {
    Operation.Pooling(
      kernel: kernel.sizes(dimensions), stride: stride.sizes(dimensions),
      padding: padding.sizes(dimensions), usesCeiling: usesCeiling)
  }

  mutating func adaptiveAveragePool(_ name: String, _ input: Value, to size: Int) -> Value {
    add(
      name, .adaptiveAveragePool(size.sizes(dimensions)), [.value(input.name)],
      channels: input.channels)
  }

  /// The input, resized to the image's or another value's height and width.
  mutating func upsampled(_ name: String, _ input: Value, like other: Value) -> Value {
    let sizes = [Size.dimension(2, of: other.name), .dimension(3, of: other.name)]
    return add(
      name, .interpolate(.init(.linear, sizes: sizes)), [.value(input.name)],
      channels: input.channels)
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

  mutating func linear(
    _ name: String, _ input: Value, to features: Int, hasBias: Bool = true
  ) -> Value {
    parameter("\(name).weight", [features, input.channels])
    if hasBias { parameter("\(name).bias", [features]) }
    return add(
      name, .linear,
      [
        .value(input.name), .parameter("\(name).weight"),
        hasBias ? .parameter("\(name).bias") : .none,
      ], channels: features)
  }

  mutating func parameter(_ key: String, _ shape: [Int]) {
    parameters.append(Graph.Parameter(key: key, shape: shape))
  }

  /// Adds a node; if a module is used again, such as a ReLU, a number is appended to its name.
  ///
  /// - Returns: its output, with this number of channels.
  mutating func add(
    _ name: String, _ operation: Operation, _ operands: [Graph.Operand], channels: Int
  ) -> Value {
    let unique = unique(name)
    nodes.append(Graph.Node(unique, operation, operands))
    return Value(name: unique, channels: channels)
  }

  /// The two halves of a value's channels.
  mutating func halves(_ name: String, _ input: Value) -> (Value, Value) {
    let unique = unique(name)
    let outputs = ["\(unique).0", "\(unique).1"]
    nodes.append(
      Graph.Node(
        unique, .chunk(count: 2, dimension: 1), [.value(input.name)], outputs: outputs))
    let channels = input.channels / 2
    return (
      Value(name: outputs[0], channels: channels), Value(name: outputs[1], channels: channels)
    )
  }

  private mutating func unique(_ name: String) -> String {
    let use = uses[name, default: 0]
    uses[name] = use + 1
    return use == 0 ? name : "\(name)_\(use)"
  }
}

/// A number for each spatial dimension: one for all, or a list.
protocol AxisSizes {
  func sizes(_ dimensions: Int) -> [Int]
}

extension Int: AxisSizes {
  func sizes(_ dimensions: Int) -> [Int] { Array(repeating: self, count: dimensions) }
}

extension [Int]: AxisSizes {
  func sizes(_ dimensions: Int) -> [Int] { self }
}
