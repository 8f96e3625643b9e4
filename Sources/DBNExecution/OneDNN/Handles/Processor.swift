import DBNCOneDNN
import DBNTensors

/// The CPU as oneDNN sees it: `dnnl_engine_t`.
///
/// `@unchecked Sendable`: the handle is never changed, and oneDNN's engines may be used by several
/// threads at once; a stream, which may not, belongs to one plan and so to one pass at a time.
final class Processor: @unchecked Sendable {
  private let handle: Handle

  init() throws(CheckpointError) {
    handle = try Handle("dnnl_engine_create", destroy: conednn_engine_destroy) {
      conednn_engine_create($0)
    }
  }

  var pointer: OpaquePointer { handle.pointer }

  /// The number of channels in a block of the layouts that its kernels are optimised for.
  static var blockSize: Int { Int(conednn_block_size()) }
}

/// A queue that runs primitives in order: `dnnl_stream_t`.
struct Stream: ~Copyable {
  private let handle: Handle

  init(_ processor: Processor) throws(CheckpointError) {
    handle = try Handle("dnnl_stream_create", destroy: conednn_stream_destroy) {
      conednn_stream_create($0, processor.pointer)
    }
  }

  var pointer: OpaquePointer { handle.pointer }

  /// Waits until all primitives have run.
  func wait() throws(CheckpointError) {
    try succeed("dnnl_stream_wait", conednn_stream_wait(pointer))
  }
}
