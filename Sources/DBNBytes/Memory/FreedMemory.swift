import DBNPlatform

/// Freed memory that the allocator keeps for reuse.
package enum FreedMemory {
  /// Returns freed memory to the system (glibc's `malloc_trim`): reading very many values leaves gaps in
  /// the heap that would add to everything that a conversion then needs.
  package static func release() {
    dbn_release_freed_memory()
  }

  /// Has large arrays mapped outside the heap, for the whole process: glibc would put them into its
  /// heap once one was freed, and a freed array of 30 MB could then stay in the process as a gap
  /// between other allocations. Pieces of 1 MiB, which are allocated over and over, stay in the
  /// heap.
  package static func releaseLargeArraysAtOnce() {
    // Setting one limit stops glibc from adapting the other, whose default of 128 KiB would return
    // each of those pieces to the system.
    dbn_set_heap_limits(17 << 16, 2 << 20)
  }
}
