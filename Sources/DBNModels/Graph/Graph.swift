public import DBNTensors

/// A model: operations on named values, in an order in which every value is made before it is used.
///
/// Parameters stay in the state dict and are referred to by their keys; a BatchNorm's layout
/// follows from its tensors. So converting a state dict converts the model.
public struct Graph: Sendable, Hashable {
  /// One operation.
  public struct Node: Sendable, Hashable {
    /// The module's name, or the operation's if there is no module; unique in the graph.
    public let name: String
    /// The operation, with its attributes.
    public let operation: Operation
    /// Its operands, in the operation's order.
    public let operands: [Operand]
    /// The names of the values that it makes.
    public let outputs: [String]

    /// Makes a node.
    public init(
      _ name: String, _ operation: Operation, _ operands: [Operand], outputs: [String]? = nil
    ) {
      self.name = name
      self.operation = operation
      self.operands = operands
      self.outputs = outputs ?? [name]
    }
  }

  /// An operand of an operation.
  public enum Operand: Sendable, Hashable {
    /// A value from the caller or from another node.
    case value(String)
    /// A tensor of the state dict, by its key.
    case parameter(String)
    /// An omitted optional operand, such as a bias.
    case none
  }

  /// A value that the caller supplies.
  public struct Input: Sendable, Hashable {
    /// The name under which the caller supplies it.
    public let name: String
    /// Its shape; nil for an arbitrary size.
    public let shape: [Int?]
    /// Its type, if it is bool or integers, such as the indices of an embedding; nil for floats.
    public let scalarType: ScalarType?

    /// Makes an input; nil stands for an arbitrary size.
    public init(_ name: String, shape: [Int?], scalarType: ScalarType? = nil) {
      self.name = name
      self.shape = shape
      self.scalarType = scalarType
    }
  }

  /// The model's name: `resnet50`.
  public let name: String
  /// The values that the caller supplies.
  public let inputs: [Input]
  /// The nodes, each after those whose values it uses.
  public let nodes: [Node]
  /// The names of the values that are the model's results.
  public let outputs: [String]
  /// The types of the outputs that are bool or integers, by name. The others are floats: an engine
  /// computes in its own type, and callers choose the one that they are rounded to.
  public let outputTypes: [String: ScalarType]
  /// The values that replace tensors of the state dict after a pass, by the tensors' keys: averages
  /// and counters of the model's own. BatchNorms keep their statistics themselves.
  public let updates: [String: String]
  /// The tensors it expects in the state dict, in the model's order.
  public let parameters: [Parameter]

  /// A tensor that the model expects in the state dict.
  public struct Parameter: Sendable, Hashable {
    /// The key in the state dict.
    public let key: String
    /// Its shape; for a BatchNorm, in the layout that the graph has.
    public let shape: [Int]

    /// Makes a parameter with this key and shape.
    public init(key: String, shape: [Int]) {
      self.key = key
      self.shape = shape
    }
  }

  /// Makes a graph; it is not checked until it is sized, read or run.
  public init(
    name: String, inputs: [Input], nodes: [Node], outputs: [String],
    outputTypes: [String: ScalarType] = [:], updates: [String: String] = [:],
    parameters: [Parameter]
  ) {
    self.name = name
    self.inputs = inputs
    self.nodes = nodes
    self.outputs = outputs
    self.outputTypes = outputTypes
    self.updates = updates
    self.parameters = parameters
  }

  /// The same graph with other inputs, nodes or outputs.
  package func with(
    inputs: [Input]? = nil, nodes: [Node]? = nil, outputs: [String]? = nil
  ) -> Graph {
    Graph(
      name: name, inputs: inputs ?? self.inputs, nodes: nodes ?? self.nodes,
      outputs: outputs ?? self.outputs, outputTypes: outputTypes, updates: updates,
      parameters: parameters)
  }

  /// The same graph, whose last outputs are the values that replace tensors of the state dict, in the
  /// order of the tensors' keys.
  public var withUpdatesAsOutputs: Graph {
    with(outputs: outputs + updates.sorted { $0.key < $1.key }.map(\.value))
  }
}
