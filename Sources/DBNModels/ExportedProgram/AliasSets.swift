import DBNTensors

/// How one tensor is a view of another: a part of its elements, or another arrangement of them.
package struct TensorView: Sendable {
  let operation: Operation
  /// Which of the operation's results it is, and how many there are.
  var part = 0
  var parts = 1
  /// The number of dimensions of the tensor that it is a view of.
  let rank: Int
}

/// A tensor of an exported program, which may share its elements with others.
struct ProgramTensor: Sendable {
  /// The index of its alias set: the tensors that share elements.
  let set: Int
  /// The chain of views from the set's whole tensor to this one.
  var views: [TensorView] = []
  /// The name of the tensor that it is a view of by the last of these.
  var base: String?
  /// Its operand in the graph, valid as long as the set has not changed since.
  var operand: Graph.Operand
  var generation: Int
}

/// Tensors that share elements: PyTorch's views. A graph's values never change, so an in-place
/// change of one tensor makes new values for the whole and, if they are used again, for the other
/// views.
///
/// The same as PyTorch's functionalisation (`torch/csrc/autograd/functions`,
/// `aten/src/ATen/FunctionalStorageImpl.h`).
struct AliasSet: Sendable {
  /// The current operand of the whole tensor.
  var whole: Graph.Operand
  /// How many times it has changed.
  var generation = 0
}
