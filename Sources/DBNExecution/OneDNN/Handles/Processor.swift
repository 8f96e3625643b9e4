#if OneDNN
  import DBNCOneDNN
  import DBNTensors

  /// The CPU as oneDNN sees it: `dnnl_engine_t`.
  ///
  /// `@unchecked Sendable`: the object is never changed, and several threads may use one of
  /// oneDNN's engines.
  final class Processor: @unchecked Sendable {
    private let handle: Handle

    init() throws(CheckpointError) {
      handle = try Handle("dnnl_engine_create", destroy: dnnl_engine_destroy) {
        dnnl_engine_create($0, dnnl_cpu, 0)
      }
    }

    var pointer: OpaquePointer { handle.pointer }

    /// The number of channels in a block of the layouts that its kernels are optimised for.
    static var blockSize: Int {
      dnnl_get_effective_cpu_isa().rawValue & 0x20 != 0 ? 16 : 8
    }
  }

  /// A queue that runs primitives in order: `dnnl_stream_t`.
  struct Stream: ~Copyable {
    private let handle: Handle

    init(_ processor: Processor) throws(CheckpointError) {
      handle = try Handle("dnnl_stream_create", destroy: dnnl_stream_destroy) {
        dnnl_stream_create($0, processor.pointer, UInt32(dnnl_stream_default_flags.rawValue))
      }
    }

    var pointer: OpaquePointer { handle.pointer }

    /// Waits until all primitives have run.
    func wait() throws(CheckpointError) {
      try succeed("dnnl_stream_wait", dnnl_stream_wait(pointer))
    }
  }
#endif
