/// A hash index: finds the index of an element in an array that its owner keeps. The table holds
/// only indices, about eight bytes per element, and nothing for a few elements. A `Dictionary` next
/// to the array would store every key twice, and checkpoints can have very many.
///
/// Hashes must come from Swift's `Hasher`, whose seed a file can't know. Open addressing with
/// linear probing: Knuth, The Art of Computer Programming, volume 3, section 6.4.
package struct HashIndex: Sendable {
  /// Each slot holds an index plus one; 0 is free. Their number is a power of two, or zero while
  /// there are few elements.
  private var slots: [UInt32] = []
  /// The number of inserted elements, which have the indices below it.
  private var count = 0

  /// Up to this many elements are searched linearly.
  private static let few = 8

  package init() {}

  /// The index of the element that `isIt` is true for, among those with this hash.
  package func index(hash: Int, where isIt: (Int) -> Bool) -> Int? {
    guard !slots.isEmpty else { return (0..<count).first(where: isIt) }
    let slot = slot(hash: hash, where: isIt)
    return slots[slot] == 0 ? nil : Int(slots[slot]) - 1
  }

  /// Inserts an element, if it is absent.
  ///
  /// - Parameter hashOf: gives the hash of an inserted element by its index.
  /// - Returns: the element's index if it was present; nil if it is new and gets the next index,
  ///   where the owner must then append it.
  package mutating func insertIfAbsent(
    hash: Int, where isIt: (Int) -> Bool, hashOf: (Int) -> Int
  ) -> Int? {
    reserveCapacity(count + 1, hashOf: hashOf)
    if let known = index(hash: hash, where: isIt) { return known }
    if !slots.isEmpty { slots[slot(hash: hash) { _ in false }] = UInt32(count + 1) }
    count += 1
    return nil
  }

  /// Reserves slots for `capacity` elements, so that at most three quarters of the slots are used.
  package mutating func reserveCapacity(_ capacity: Int, hashOf: (Int) -> Int) {
    guard capacity > max(slots.count / 4 * 3, Self.few) else { return }
    slots = Array(repeating: 0, count: (capacity + capacity / 3 + 4).nextPowerOfTwo)
    for place in 0..<count { slots[slot(hash: hashOf(place)) { _ in false }] = UInt32(place + 1) }
  }

  /// The slot of the element, or the free slot where it belongs.
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
  /// A hash for names that are compared byte by byte.
  package var hashOfUTF8: Int { utf8.span.bytes.hashOfBytes }
}

extension Int {
  /// The least power of two that is at least this positive number.
  fileprivate var nextPowerOfTwo: Int { 1 << (bitWidth - (self - 1).leadingZeroBitCount) }
}
