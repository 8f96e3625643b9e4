extension Array {
  /// Reserves memory for `more` further elements, or for a quarter of the current count if that is
  /// more. Arrays double their capacity by themselves, which would waste much memory on large
  /// arrays.
  package mutating func makeRoom(for more: Int) {
    guard more > capacity - count else { return }
    reserveCapacity(count + Swift.max(more, count / 4))
  }
}
