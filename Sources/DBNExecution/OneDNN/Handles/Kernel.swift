import DBNCOneDNN
import DBNTensors

/// An implementation that oneDNN chose for an operation: `dnnl_primitive_desc_t`, and the
/// `dnnl_primitive_t` made from it.
final class Kernel {
  private let description: Handle
  private let primitive: Handle

  /// The operands whose layouts oneDNN determines.
  enum Operand {
    case source
    case weights
    case target
    case scratchpad
  }

  /// - Returns: nil if oneDNN has no implementation.
  static func make(
    _ operation: String, _ operations: [PostOperation] = [],
    _ body: (UnsafeMutablePointer<OpaquePointer?>, OpaquePointer) -> conednn_status_t
  ) throws(CheckpointError) -> Kernel? {
    let attributes = try Attributes(operations)
    var status = conednn_success
    do throws(CheckpointError) {
      let description = try Handle(
        "dnnl_\(operation)_primitive_desc_create", destroy: conednn_description_destroy
      ) {
        status = body($0, attributes.pointer)
        return status
      }
      return try Kernel(operation, description)
    } catch {
      if status == conednn_unimplemented || status == conednn_invalid_arguments { return nil }
      throw error
    }
  }

  private init(_ operation: String, _ description: consuming Handle) throws(CheckpointError) {
    let pointer = description.pointer
    primitive = try Handle("dnnl_primitive_create", destroy: conednn_primitive_destroy) {
      conednn_primitive_create($0, pointer)
    }
    self.operation = operation
    self.description = description
  }

  var pointer: OpaquePointer { primitive.pointer }

  /// The layout of an operand with this shape.
  func layout(_ operand: Operand, _ shape: [Int]) throws(CheckpointError) -> Layout {
    let query =
      switch operand {
      case .source: conednn_query_src_md
      case .weights: conednn_query_weights_md
      case .target: conednn_query_dst_md
      case .scratchpad: conednn_query_scratchpad_md
      }
    guard let layout = conednn_description_layout(description.pointer, query) else {
      throw CheckpointError(.engineFailed, "oneDNN does not give the layout of an operand")
    }
    return try Layout(copying: layout, shape: shape)
  }

  /// The operation's name: `convolution`, `reorder`.
  let operation: String

  /// The implementation's name in oneDNN: `jit:avx512_core`, `ref:any`.
  var implementation: String {
    conednn_implementation(description.pointer).map { String(cString: $0) } ?? ""
  }

  /// Whether it is one of the plain loops that oneDNN has for completeness, hundreds of times
  /// slower.
  var isReference: Bool { implementation.hasPrefix("ref") }

  /// Whether it is a reference loop, or not optimised for the layout.
  var isSimple: Bool { isReference || implementation.hasPrefix("simple") }
}
