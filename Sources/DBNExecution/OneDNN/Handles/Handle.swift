import DBNCOneDNN
import DBNTensors

/// Throws an error for a status of oneDNN that is not success.
///
/// - Parameter call: the C function.
func succeed(_ call: String, _ status: conednn_status_t) throws(CheckpointError) {
  guard status == conednn_success else { throw failure(call, status) }
}

private func failure(_ call: String, _ status: conednn_status_t) -> CheckpointError {
  let reason =
    switch status {
    case conednn_out_of_memory: "there is not enough memory"
    case conednn_invalid_arguments: "an argument is invalid"
    case conednn_unimplemented: "it is not implemented"
    default: "status \(status.rawValue)"
    }
  return CheckpointError(
    .engineFailed, "oneDNN's \(call) failed: \(reason)",
    advice: "use the reference engine (\(.referenceEngine))")
}

/// Owns an object of oneDNN.
struct Handle: ~Copyable {
  let pointer: OpaquePointer
  private let destroy: @Sendable (OpaquePointer?) -> conednn_status_t

  /// - Parameters:
  ///   - call: the C function that makes it.
  ///   - destroy: the C function that frees it.
  init(
    _ call: String, destroy: @escaping @Sendable (OpaquePointer?) -> conednn_status_t,
    _ make: (UnsafeMutablePointer<OpaquePointer?>) -> conednn_status_t
  ) throws(CheckpointError) {
    var made: OpaquePointer?
    let status = make(&made)
    guard status == conednn_success, let made else { throw failure(call, status) }
    pointer = made
    self.destroy = destroy
  }

  deinit { _ = destroy(pointer) }
}
