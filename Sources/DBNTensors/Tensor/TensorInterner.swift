/// Numbers the distinct tensors of a checkpoint in the order of insertion; tied tensors share a
/// number.
package struct TensorInterner {
  /// The distinct tensors, by number.
  package private(set) var tensors: [Tensor] = []
  private var numbers = HashIndex()

  package init() {}

  /// The number of a tensor; nil if it was not added.
  package func number(of tensor: Tensor) -> Int? {
    numbers.index(hash: Self.hash(tensor)) { tensors[$0].isTied(to: tensor) }
  }

  /// Adds a tensor, unless it or a tied one is there.
  ///
  /// - Returns: the number that it already had, or nil for a new tensor, which gets the next
  ///   number.
  package mutating func add(_ tensor: Tensor) -> Int? {
    let known = numbers.insertIfAbsent(
      hash: Self.hash(tensor), where: { tensors[$0].isTied(to: tensor) },
      hashOf: { Self.hash(tensors[$0]) })
    if known == nil { tensors.append(tensor) }
    return known
  }

  /// Reserves memory for `more` further tensors.
  package mutating func makeRoom(for more: Int) {
    tensors.makeRoom(for: more)
  }

  private static func hash(_ tensor: Tensor) -> Int { TiedTensor(tensor).hashValue }
}
