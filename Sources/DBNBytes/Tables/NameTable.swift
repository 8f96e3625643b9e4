/// Distinct names in the order they came, each to be found again: an array and nothing but places
/// beside it. Names are compared byte by byte, as keys of checkpoints are.
package struct NameTable: Sendable {
  package private(set) var names: [String] = []
  private var places = PlaceIndex()

  package init() {}

  package var count: Int { names.count }

  package func place(of name: String) -> Int? {
    places.place(hash: name.hashOfUTF8) { names[$0].isIdentical(to: name) }
  }

  /// Enters a name at the end.
  ///
  /// - Returns: whether it is new; one that is known stays where it is.
  package mutating func add(_ name: String) -> Bool {
    let known = places.enter(
      hash: name.hashOfUTF8, where: { names[$0].isIdentical(to: name) },
      hashOf: { names[$0].hashOfUTF8 })
    guard known == nil else { return false }
    names.append(name)
    return true
  }
}
