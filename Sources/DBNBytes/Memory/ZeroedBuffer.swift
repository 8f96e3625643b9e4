import DBNPlatform

/// The owner of computed bytes: initially zero, 64-byte aligned.
///
/// Large buffers are separately mapped pages, which are returned to the system when the buffer is
/// freed: an allocator may keep freed memory, which counts as this process's memory.
final class ZeroedBuffer {
  let pointer: UnsafeMutableRawBufferPointer
  private let isMapped: Bool

  private static let mappedByteCount = 256 << 10

  init(byteCount: Int) {
    if byteCount >= Self.mappedByteCount,
      let pages = mmap(
        nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      pages != MAP_FAILED
    {
      pointer = UnsafeMutableRawBufferPointer(start: pages, count: byteCount)
      isMapped = true
      // If the system has huge pages, there are fewer page faults.
      dbn_advise_huge_pages(pages, byteCount)
    } else {
      pointer = .allocate(byteCount: byteCount, alignment: 64)
      pointer.initializeMemory(as: UInt8.self, repeating: 0)
      isMapped = false
    }
  }

  deinit {
    if isMapped { munmap(pointer.baseAddress, pointer.count) } else { pointer.deallocate() }
  }
}
