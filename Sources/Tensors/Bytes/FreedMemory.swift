// Its header brings `malloc_trim` too.
private import CZlib

/// What the allocator keeps for the next time.
package enum FreedMemory {
  /// Gives freed memory back to the system (`malloc_trim`): reading very many values leaves gaps that
  /// stay a part of the process, under everything that a conversion then needs.
  package static func release() {
    malloc_trim(0)
  }
}
