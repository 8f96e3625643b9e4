#if OneDNN
  import DBNCOneDNN
  import DBNTensors

  /// Bytes of one's own, aligned for vector instructions, zero at first.
  ///
  /// `@unchecked Sendable`: a plan's own are written by the one pass that has taken the plan out of
  /// its cache; a weight's is written whole before `WeightStore` keeps and lends it, and only read
  /// from then on.
  final class Buffer: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) {
      // Whole cache lines, so that a kernel that reads a whole vector at the end stays inside.
      let count = (byteCount + 127) / 64 * 64
      bytes = .allocate(byteCount: count, alignment: 64)
      bytes.initializeMemory(as: SIMD64<UInt8>.self, repeating: .zero)
    }

    deinit { bytes.deallocate() }

    /// The first numbers.
    func floats(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
      UnsafeMutableRawBufferPointer(rebasing: bytes[..<(count * MemoryLayout<Float>.size)])
        .assumingMemoryBound(to: Float.self)
    }
  }

  /// Bytes and how numbers lie in them: `dnnl_memory_t`.
  final class Memory {
    private let handle: Handle

    /// - Parameter bytes: must outlive it.
    init(
      _ layout: Layout, _ bytes: UnsafeMutableRawPointer?, _ processor: Processor
    ) throws(CheckpointError) {
      handle = try Handle("dnnl_memory_create", destroy: dnnl_memory_destroy) {
        dnnl_memory_create($0, layout.pointer, processor.pointer, bytes)
      }
    }

    var pointer: OpaquePointer { handle.pointer }
  }
#endif
