public import DBNModels
public import DBNTensors

/// Whether BatchNorms normalise with their running statistics, or with the batch's own.
public enum ExecutionMode: String, Sendable, CaseIterable {
  /// BatchNorms normalise with their running statistics.
  case evaluation = "eval"
  /// BatchNorms normalise with the batch's statistics, and move the running ones.
  case training = "train"
}

/// Runs a graph with the tensors of a state dict.
///
/// An executor is a value: a copy of it has running statistics of its own.
public protocol Executor: Sendable {
  /// The graph that it runs.
  var graph: Graph { get }
  /// The BatchNorms by module name, with their running statistics as they are now.
  var batchNorms: [String: BatchNormModule] { get }

  /// One forward pass.
  ///
  /// In training the running statistics move when everything went well: an error leaves all as
  /// they were.
  ///
  /// - Parameter inputs: by the names of the graph's inputs.
  /// - Returns: the graph's outputs.
  /// - Throws: what is wrong with an input or a node, by its name, before anything runs where
  ///   shapes can tell.
  mutating func run(
    _ inputs: [String: DenseArray], mode: ExecutionMode
  ) throws(CheckpointError) -> [DenseArray]

  /// Begins a forward pass that is taken node by node, each computed by itself: so that layers can
  /// be looked at, and those of several passes compared without keeping them all.
  ///
  /// The executor's own running statistics stay as they are.
  func start(
    _ inputs: [String: DenseArray], mode: ExecutionMode
  ) throws(CheckpointError) -> any ForwardPass
}

extension Executor {
  /// One forward pass in evaluation; as `run(_:mode:)`.
  public mutating func run(
    _ inputs: [String: DenseArray]
  ) throws(CheckpointError) -> [DenseArray] {
    try run(inputs, mode: .evaluation)
  }
}

/// A forward pass on its way through a graph.
public protocol ForwardPass {
  /// Computes the next node.
  ///
  /// - Returns: the node and its outputs; nil when all have been computed.
  /// - Throws: what is wrong, by the node's name.
  mutating func next() throws(CheckpointError) -> Layer?

  /// The BatchNorms with their running statistics as this pass has moved them so far.
  var batchNorms: [String: BatchNormModule] { get }

  /// The graph's outputs, once all nodes have been computed.
  func outputs() throws(CheckpointError) -> [DenseArray]
}

/// A node that has been computed.
public struct Layer: Sendable {
  /// The node that was computed.
  public let node: Graph.Node
  /// A value for each of the node's outputs.
  public let outputs: [DenseArray]

  /// Makes a layer of a node and what it made.
  public init(node: Graph.Node, outputs: [DenseArray]) {
    self.node = node
    self.outputs = outputs
  }
}
