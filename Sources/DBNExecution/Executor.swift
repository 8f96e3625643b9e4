public import DBNModels
public import DBNTensors

/// Runs a graph with the tensors of a state dict.
///
/// An executor is a value: a copy has its own running statistics.
public protocol Executor: Sendable {
  /// The graph that it runs.
  var graph: Graph { get }
  /// The BatchNorms by module name, with their current running statistics.
  var batchNorms: [String: BatchNormModule] { get }

  /// Runs one forward pass.
  ///
  /// In training, running statistics are updated only if the whole pass succeeds.
  ///
  /// - Parameters:
  ///   - inputs: by the names of the graph's inputs.
  ///   - mode: the mode of all BatchNorms; nil for the one with which each was exported, evaluation
  ///     if it is of no program.
  /// - Returns: the graph's outputs.
  /// - Throws: an error with the name of the input or node; errors that shapes can show are thrown
  ///   before anything runs.
  mutating func run(
    _ inputs: [String: DenseArray], mode: ExecutionMode?
  ) throws(CheckpointError) -> [DenseArray]

  /// Starts a forward pass that is stepped node by node, without fusing nodes, so that layers can
  /// be inspected, and those of several passes compared without keeping them all.
  ///
  /// The executor's own running statistics don't change.
  func start(
    _ inputs: [String: DenseArray], mode: ExecutionMode?
  ) throws(CheckpointError) -> any ForwardPass
}

extension Executor {
  /// Runs one forward pass, each BatchNorm in the mode with which it was exported, in evaluation if
  /// it is of no program; see `run(_:mode:)`.
  public mutating func run(
    _ inputs: [String: DenseArray]
  ) throws(CheckpointError) -> [DenseArray] {
    try run(inputs, mode: nil)
  }
}

/// A forward pass in progress.
public protocol ForwardPass {
  /// Computes the next node.
  ///
  /// - Returns: the node and its outputs; nil when all have been computed.
  /// - Throws: an error with the node's name.
  mutating func next() throws(CheckpointError) -> Layer?

  /// The BatchNorms with their running statistics as updated by this pass so far.
  var batchNorms: [String: BatchNormModule] { get }

  /// The graph's outputs, once all nodes have been computed.
  func outputs() throws(CheckpointError) -> [DenseArray]
}

/// A node that has been computed.
public struct Layer: Sendable {
  /// The node that was computed.
  public let node: Graph.Node
  /// The node's outputs.
  public let outputs: [DenseArray]

  /// Makes a layer of a node and its outputs.
  public init(node: Graph.Node, outputs: [DenseArray]) {
    self.node = node
    self.outputs = outputs
  }
}
