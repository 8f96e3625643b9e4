/// The owner of bytes that are written before they are read, and needed for a short time only: the
/// allocator keeps the memory for the next buffer.
final class ScratchBuffer {
  let pointer: UnsafeMutableRawBufferPointer

  init(byteCount: Int) {
    // Of the alignment that every allocation has.
    pointer = .allocate(byteCount: byteCount, alignment: 16)
  }

  deinit {
    pointer.deallocate()
  }
}
