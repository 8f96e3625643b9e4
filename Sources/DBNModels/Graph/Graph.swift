/// A model: operations on named values, in an order in which every value is made before it is used.
///
/// Parameters stay in the state dict and are named by their keys; which layout a BatchNorm is in
/// follows from its tensors. So converting a state dict converts the model.
public struct Graph: Sendable, Hashable {
  /// One operation.
  public struct Node: Sendable, Hashable {
    /// The module's name, or the operation's where it has none; unique in the graph.
    public let name: String
    /// What it does.
    public let operation: Operation
    /// What it works on, in the order of the operation.
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

  /// What an operation works on.
  public enum Operand: Sendable, Hashable {
    /// A value that the caller gave or another node made.
    case value(String)
    /// A tensor of the state dict, by its key.
    case parameter(String)
    /// An optional operand left out, such as a bias.
    case none
  }

  /// A value that the caller gives. nil: a size that may be any.
  public struct Input: Sendable, Hashable {
    /// The name that the caller gives the value by.
    public let name: String
    /// Its shape; nil for a size that may be any.
    public let shape: [Int?]

    /// Makes an input; nil stands for a size that may be any.
    public init(_ name: String, shape: [Int?]) {
      self.name = name
      self.shape = shape
    }
  }

  /// What the model is called: `resnet50`.
  public let name: String
  /// The values that the caller gives.
  public let inputs: [Input]
  /// The operations, each after those whose values it uses.
  public let nodes: [Node]
  /// The names of the values that are the model's results.
  public let outputs: [String]
  /// The tensors it expects in the state dict, in the model's order.
  public let parameters: [Parameter]

  /// A tensor that the model expects, with the shape of a standard BatchNorm's.
  public struct Parameter: Sendable, Hashable {
    /// The key in the state dict.
    public let key: String
    /// Its shape, of a BatchNorm as the graph has it.
    public let shape: [Int]

    /// Makes a parameter of this key and shape.
    public init(key: String, shape: [Int]) {
      self.key = key
      self.shape = shape
    }
  }

  /// Makes a graph; it is not checked until it is sized, read or run.
  public init(
    name: String, inputs: [Input], nodes: [Node], outputs: [String], parameters: [Parameter]
  ) {
    self.name = name
    self.inputs = inputs
    self.nodes = nodes
    self.outputs = outputs
    self.parameters = parameters
  }
}
