/// Distinct names in the order they came, each to be found again: an array and nothing but places
/// beside it. Names are compared byte by byte, as keys of checkpoints are.
package struct NameTable: Sendable {
  package private(set) var names: [String] = []
  private var places = PlaceIndex()

  /// So many are looked through, and need no index: most objects of a JSON text have fewer members.
  private static let few = 8

  package init() {}

  package var count: Int { names.count }

  package func place(of name: String) -> Int? {
    if names.count <= Self.few { return names.firstIndex { $0.isIdentical(to: name) } }
    return places.place(hash: Self.hash(name)) { names[$0].isIdentical(to: name) }
  }

  /// Enters a name at the end.
  ///
  /// - Returns: whether it is new; one that is known stays where it is.
  package mutating func add(_ name: String) -> Bool {
    guard place(of: name) == nil else { return false }
    names.append(name)
    if names.count == Self.few + 1 {
      for place in names.indices { enter(place) }
    } else if names.count > Self.few {
      enter(names.count - 1)
    }
    return true
  }

  private mutating func enter(_ place: Int) {
    _ = places.enter(
      place, hash: Self.hash(names[place]), where: { _ in false },
      hashOf: { Self.hash(names[$0]) })
  }

  private static func hash(_ name: String) -> Int {
    CheckpointDictionary.Key.string(name).hashValue
  }
}
