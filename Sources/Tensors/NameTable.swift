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
    if names.count < Self.few {
      guard place(of: name) == nil else { return false }
    } else {
      if names.count == Self.few {
        for place in names.indices { _ = enter(names[place], at: place) }
      }
      guard enter(name, at: names.count) else { return false }
    }
    names.append(name)
    return true
  }

  /// - Returns: whether the name is new to the index.
  private mutating func enter(_ name: String, at place: Int) -> Bool {
    let known = places.enter(
      place, hash: Self.hash(name), where: { names[$0].isIdentical(to: name) },
      hashOf: { Self.hash(names[$0]) })
    return known == nil
  }

  private static func hash(_ name: String) -> Int {
    CheckpointDictionary.Key.string(name).hashValue
  }
}
