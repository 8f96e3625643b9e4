import DBNTensors

/// How one tensor is a part or another arrangement of another's elements.
package struct TensorView: Sendable {
  let operation: Operation
  /// Which of the operation's results it is, and of how many.
  var part = 0
  var parts = 1
  /// The dimensions of the tensor it is a view of.
  let rank: Int
}

/// A tensor of an exported program, which may share its elements with others.
struct ProgramTensor: Sendable {
  /// The tensors that share elements.
  let set: Int
  /// From the set's whole tensor to this one.
  var views: [TensorView] = []
  /// What it is in the graph, as long as nothing has changed the set since.
  var operand: Graph.Operand
  var generation: Int
}

/// Tensors that share elements: PyTorch's views. A graph's values never change, so a change of one
/// tensor makes new values for the whole and, where they are used again, for the other views.
///
/// The same as PyTorch's functionalisation (`torch/csrc/autograd/functions`,
/// `aten/src/ATen/FunctionalStorageImpl.h`).
struct AliasSet: Sendable {
  /// The whole tensor as it is now.
  var whole: Graph.Operand
  /// How often it has changed.
  var generation = 0
}
