/// Gives each distinct tensor of a checkpoint a number, in the order in which they are met: tied tensors
/// are one, and have one number.
package struct TensorInterner {
  /// By number.
  package private(set) var tensors: [Tensor] = []
  private var numbers = HashIndex()

  package init() {}

  /// The number of a tensor that was met.
  package func number(of tensor: Tensor) -> Int? {
    numbers.index(hash: Self.hash(tensor)) { tensors[$0].isTied(to: tensor) }
  }

  /// Meets a tensor.
  ///
  /// - Returns: the number that it has had, or nil for a new one, which gets the next.
  package mutating func add(_ tensor: Tensor) -> Int? {
    let known = numbers.insertIfAbsent(
      hash: Self.hash(tensor), where: { tensors[$0].isTied(to: tensor) },
      hashOf: { Self.hash(tensors[$0]) })
    if known == nil { tensors.append(tensor) }
    return known
  }

  /// Makes room for so many tensors more.
  package mutating func makeRoom(for more: Int) {
    tensors.makeRoom(for: more)
  }

  private static func hash(_ tensor: Tensor) -> Int { TiedTensor(tensor).hashValue }
}
