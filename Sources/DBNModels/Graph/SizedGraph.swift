public import DBNTensors

/// A graph for inputs of known shapes: every size is a number, every dimension is counted from the
/// front, and all shapes have been checked.
public struct SizedGraph: Sendable {
  /// The graph, in which every size is a number.
  public let graph: Graph
  /// The shape of every value, by name.
  public let shapes: [String: [Int]]
}

extension Graph {
  /// The graph for inputs of these shapes; nothing is computed.
  ///
  /// - Parameters:
  ///   - inputs: the shapes of the graph's inputs by name.
  ///   - parameters: the shapes of the state dict's tensors that are operands of nodes, by key.
  ///   - features: the channels of each BatchNorm by module name; BatchNorms that are missing here
  ///     are not checked.
  /// - Throws: `missingOperand`, `shapeMismatch`, `invalidGraph`, with the name of the input or
  ///   node.
  public func sized(
    for inputs: [String: [Int]], parameters: [String: [Int]], features: [String: Int] = [:]
  ) throws(CheckpointError) -> SizedGraph {
    var sizing = Sizing(parameters: parameters, features: features)
    for input in self.inputs { try sizing.add(input, shape: inputs[input.name]) }
    var live = LiveElements(of: self, sizing.shapes, parameters)
    for node in nodes {
      do throws(CheckpointError) {
        try sizing.add(node)
        try live.run(node, sizing.shapes)
      } catch {
        throw error.with(name: node.name)
      }
    }
    for name in outputs { _ = try sizing.shape(of: name) }
    return SizedGraph(graph: with(nodes: sizing.nodes), shapes: sizing.shapes)
  }
}

/// The inference of the shapes of a graph's values, node by node.
private struct Sizing {
  let parameters: [String: [Int]]
  let features: [String: Int]
  private(set) var nodes: [Graph.Node] = []
  private(set) var shapes: [String: [Int]] = [:]

  init(parameters: [String: [Int]], features: [String: Int]) {
    self.parameters = parameters
    self.features = features
  }

  mutating func add(_ input: Graph.Input, shape: [Int]?) throws(CheckpointError) {
    guard let shape else {
      throw CheckpointError(
        .missingOperand, name: input.name, "this input of the model is not given",
        advice: "give a tensor of this name")
    }
    guard input.accepts(shape) else {
      throw input.unaccepted(shape)
    }
    try add(input.name, shape)
  }

  mutating func add(_ node: Graph.Node) throws(CheckpointError) {
    let operands = try node.operands.map { operand throws(CheckpointError) in
      try shape(of: operand)
    }
    if let attributes = node.operation.batchNorm { try check(attributes.module, operands) }
    let (operation, outputs) = try node.operation.sized(for: operands, valueShapes: shapes)
    guard outputs.count == node.outputs.count else {
      throw .shape("makes \(outputs.count) values, and the graph names \(node.outputs.count)")
    }
    for (name, shape) in zip(node.outputs, outputs) { try add(name, shape) }
    nodes.append(Graph.Node(node.name, operation, node.operands, outputs: node.outputs))
  }

  private mutating func add(_ name: String, _ shape: [Int]) throws(CheckpointError) {
    var count = 1
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: max(size, 1))
      count = product
      guard !overflow, count <= Graph.elementLimit else {
        throw CheckpointError(
          .limitExceeded, name: name,
          "a value of the shape \(shape) has more than \(Graph.elementLimit) elements",
          advice: "give a smaller batch")
      }
    }
    shapes[name] = shape
  }

  func shape(of name: String) throws(CheckpointError) -> [Int] {
    guard let shape = shapes[name] else {
      throw CheckpointError(
        .invalidGraph, name: name, "the graph uses a value that no input or earlier node makes")
    }
    return shape
  }

  private func shape(of operand: Graph.Operand) throws(CheckpointError) -> [Int]? {
    switch operand {
    case .value(let name): return try shape(of: name)
    case .parameter(let key):
      guard let shape = parameters[key] else {
        throw CheckpointError(
          .missingOperand, name: key, "the state dict has no tensor of this name",
          advice: CheckpointError.missingTensorAdvice(key, among: parameters.keys))
      }
      return shape
    case .none: return nil
    }
  }

  private func check(_ module: String, _ operands: [[Int]?]) throws(CheckpointError) {
    guard let features = features[module], case let input?? = operands.first, input.count >= 2
    else { return }
    guard input[1] == features else {
      throw .shape(
        "an input \(input) has \(input[1]) channels, and the BatchNorm has \(features) features")
    }
  }
}

extension Graph {
  /// The largest number of elements of one value: 8 GiB in Float64. A graph of a few bytes can ask
  /// for any number.
  public static let elementLimit = 1 << 30

  /// The largest number of elements of all values that are in memory at once: 512 MiB in Float64, or
  /// for larger models and inputs this many times their elements.
  package static let liveElements = (least: 1 << 26, perElement: 1024)
}

extension Graph.Input {
  fileprivate func accepts(_ shape: [Int]) -> Bool {
    shape.count == self.shape.count && zip(shape, self.shape).allSatisfy { $0 == $1 ?? $0 }
  }

  fileprivate func unaccepted(_ shape: [Int]) -> CheckpointError {
    var error = CheckpointError.shape("the input has the shape \(shape), not \(shapeText)")
      .with(name: name)
    if shape.count > 2, accepts([shape[0]] + shape.suffix(1) + shape[1..<(shape.count - 1)]) {
      let axes = [0, shape.count - 1] + (1..<(shape.count - 1))
      error.advice =
        "the channels are last: store x.transpose(\(axes.map { "\($0)" }.joined(separator: ", "))) in NumPy"
    }
    return error
  }

  fileprivate var shapeText: String {
    "[" + shape.map { $0.map { "\($0)" } ?? "any" }.joined(separator: ", ") + "]"
  }
}
