/// The owner of uninitialized bytes that are needed only briefly: the allocator keeps the memory
/// for the next buffer.
final class ScratchBuffer {
  let pointer: UnsafeMutableRawBufferPointer

  init(byteCount: Int) {
    // The alignment that every allocation has.
    pointer = .allocate(byteCount: byteCount, alignment: 16)
  }

  deinit {
    pointer.deallocate()
  }
}
