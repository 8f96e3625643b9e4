/// A hash index: finds the index of an element in an array that its owner keeps. The table holds nothing
/// but indices, about eight bytes for each, and none at all for a few. A `Dictionary` beside the array
/// would have every key twice, and checkpoints can have very many.
///
/// Hashes are to come from Swift's `Hasher`, whose seed a file can't know. Open addressing with
/// linear probing: Knuth, The Art of Computer Programming, volume 3, section 6.4.
package struct HashIndex: Sendable {
  /// One more than an index; 0 is free. As many as a power of two, or none while there are few.
  private var slots: [UInt32] = []
  /// How many elements were inserted: those at the indices below.
  private var count = 0

  /// So many are looked through one by one.
  private static let few = 8

  package init() {}

  /// The index of the element that `isIt` is true for, among those with this hash.
  package func index(hash: Int, where isIt: (Int) -> Bool) -> Int? {
    guard !slots.isEmpty else { return (0..<count).first(where: isIt) }
    let slot = slot(hash: hash, where: isIt)
    return slots[slot] == 0 ? nil : Int(slots[slot]) - 1
  }

  /// Inserts an element, unless it is there.
  ///
  /// - Parameter hashOf: the hash of the element at an index that was inserted.
  /// - Returns: the index that the element has; nil where it is new and gets the next one, at which
  ///   the owner then has to append it.
  package mutating func insertIfAbsent(
    hash: Int, where isIt: (Int) -> Bool, hashOf: (Int) -> Int
  ) -> Int? {
    reserveCapacity(count + 1, hashOf: hashOf)
    if let known = index(hash: hash, where: isIt) { return known }
    if !slots.isEmpty { slots[slot(hash: hash) { _ in false }] = UInt32(count + 1) }
    count += 1
    return nil
  }

  /// Makes room for so many elements, of which at most three of four slots are used.
  package mutating func reserveCapacity(_ capacity: Int, hashOf: (Int) -> Int) {
    guard capacity > max(slots.count / 4 * 3, Self.few) else { return }
    slots = Array(repeating: 0, count: (capacity + capacity / 3 + 4).nextPowerOfTwo)
    for place in 0..<count { slots[slot(hash: hashOf(place)) { _ in false }] = UInt32(place + 1) }
  }

  /// The slot of the element, or the free one that it is to have.
  private func slot(hash: Int, where isIt: (Int) -> Bool) -> Int {
    let mask = slots.count - 1
    var slot = hash & mask
    while slots[slot] != 0, !isIt(Int(slots[slot]) - 1) { slot = (slot + 1) & mask }
    return slot
  }
}

extension RawSpan {
  /// A hash of the bytes, whose seed a file can't know.
  package var hashOfBytes: Int {
    var hasher = Hasher()
    withUnsafeBytes { hasher.combine(bytes: $0) }
    return hasher.finalize()
  }
}

extension String {
  /// A hash for those who compare names byte by byte.
  package var hashOfUTF8: Int { utf8.span.bytes.hashOfBytes }
}

extension Int {
  /// The least power of two that is not below this positive number.
  fileprivate var nextPowerOfTwo: Int { 1 << (bitWidth - (self - 1).leadingZeroBitCount) }
}
