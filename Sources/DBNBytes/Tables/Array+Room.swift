extension Array {
  /// Makes room for so many more elements: for just those if they are many, else for a quarter of what
  /// is there. An array that grows by itself doubles its room; of what a file has very many, that
  /// would be as much again.
  package mutating func makeRoom(for more: Int) {
    guard more > capacity - count else { return }
    reserveCapacity(count + Swift.max(more, count / 4))
  }
}
