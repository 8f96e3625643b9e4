// Its header brings `malloc_trim` and `mallopt` too.
private import DBNCZlib

/// What the allocator keeps for the next time.
package enum FreedMemory {
  /// Gives freed memory back to the system (`malloc_trim`): reading very many values leaves gaps that
  /// stay a part of the process, under everything that a conversion then needs.
  package static func release() {
    malloc_trim(0)
  }

  /// Keeps the allocator from taking large arrays out of its heap, for the whole process: glibc would
  /// begin to once one was freed, and an array of 30 MB that is gone would stay a part of the process
  /// as a gap between what was made before and after it. Pieces of 1 MiB, which are made over and
  /// over, stay in the heap.
  package static func releaseLargeArraysAtOnce() {
    mallopt(M_MMAP_THRESHOLD, 17 << 16)
    // Setting one stops glibc from adapting the other, whose default of 128 KiB would have each of
    // those pieces come from the system.
    mallopt(M_TRIM_THRESHOLD, 2 << 20)
  }
}
