import DBNCOneDNN
import DBNTensors

/// An element-wise function of oneDNN, with `alpha` and `beta` as in its documentation.
struct Eltwise: Hashable {
  let algorithm: conednn_alg_kind_t
  var alpha: Float = 0
  var beta: Float = 0

  static func == (left: Eltwise, right: Eltwise) -> Bool {
    (left.algorithm.rawValue, left.alpha, left.beta)
      == (right.algorithm.rawValue, right.alpha, right.beta)
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(algorithm.rawValue)
    hasher.combine(alpha)
    hasher.combine(beta)
  }
}

/// An operation that a primitive applies to each number before writing it: `dnnl_post_ops_t`.
enum PostOperation {
  case eltwise(Eltwise)
  /// Adds the previous contents of the target.
  case sum
  /// Combines with an operand that is broadcast.
  case binary(conednn_alg_kind_t, Layout)
}

/// `dnnl_primitive_attr_t`: the post-operations, and that the caller supplies the scratchpad.
struct Attributes: ~Copyable {
  private let handle: Handle

  init(_ operations: [PostOperation] = []) throws(CheckpointError) {
    let attributes = try Handle(
      "dnnl_primitive_attr_create", destroy: conednn_attributes_destroy
    ) { conednn_attributes_create($0) }
    let chain = try Handle("dnnl_post_ops_create", destroy: conednn_post_ops_destroy) {
      conednn_post_ops_create($0)
    }
    for operation in operations {
      try succeed("dnnl_post_ops_append", operation.append(to: chain.pointer))
    }
    try succeed(
      "dnnl_primitive_attr_set_post_ops",
      conednn_attributes_set(attributes.pointer, chain.pointer))
    handle = attributes
  }

  var pointer: OpaquePointer { handle.pointer }
}

extension PostOperation {
  fileprivate func append(to chain: OpaquePointer) -> conednn_status_t {
    switch self {
    case .eltwise(let eltwise):
      conednn_append_eltwise(chain, eltwise.algorithm, eltwise.alpha, eltwise.beta)
    case .sum: conednn_append_sum(chain)
    case .binary(let algorithm, let layout):
      conednn_append_binary(chain, algorithm, layout.pointer)
    }
  }
}
