// Its header also includes `malloc_trim` and `mallopt`.
private import DBNCZlib

/// Freed memory that the allocator keeps for reuse.
package enum FreedMemory {
  /// Returns freed memory to the system (`malloc_trim`): reading very many values leaves gaps in
  /// the heap that would add to everything that a conversion then needs.
  package static func release() {
    malloc_trim(0)
  }

  /// Has large arrays mapped outside the heap, for the whole process: glibc would put them into its
  /// heap once one was freed, and a freed array of 30 MB could then stay in the process as a gap
  /// between other allocations. Pieces of 1 MiB, which are allocated over and over, stay in the
  /// heap.
  package static func releaseLargeArraysAtOnce() {
    mallopt(M_MMAP_THRESHOLD, 17 << 16)
    // Setting one stops glibc from adapting the other, whose default of 128 KiB would return each
    // of those pieces to the system.
    mallopt(M_TRIM_THRESHOLD, 2 << 20)
  }
}
