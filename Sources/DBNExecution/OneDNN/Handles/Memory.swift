import DBNCOneDNN
import DBNTensors

/// An owned block of bytes, aligned for vector instructions and initially zero.
///
/// `@unchecked Sendable`: a plan's buffers are only written by the one pass that took the plan
/// from its cache; a weight's buffer is completely written before `WeightStore` stores it, and
/// only read from then on.
final class Buffer: @unchecked Sendable {
  let bytes: UnsafeMutableRawBufferPointer

  init(byteCount: Int) {
    // Whole cache lines, so that a kernel that reads a whole vector at the end stays in bounds.
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

/// Bytes and the layout of the numbers in them: `dnnl_memory_t`.
final class Memory {
  private let handle: Handle

  /// - Parameter bytes: must outlive the object.
  init(
    _ layout: Layout, _ bytes: UnsafeMutableRawPointer?, _ processor: Processor
  ) throws(CheckpointError) {
    handle = try Handle("dnnl_memory_create", destroy: conednn_memory_destroy) {
      conednn_memory_create($0, layout.pointer, processor.pointer, bytes)
    }
  }

  var pointer: OpaquePointer { handle.pointer }
}
