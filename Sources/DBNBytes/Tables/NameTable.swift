/// Distinct names in order of insertion, with fast lookup: an array and a hash index. Names are
/// compared byte by byte, as keys of checkpoints are.
package struct NameTable: Sendable {
  package private(set) var names: [String] = []
  private var places = HashIndex()

  package init() {}

  package var count: Int { names.count }

  package func place(of name: String) -> Int? {
    places.index(hash: name.hashOfUTF8) { names[$0].isIdentical(to: name) }
  }

  /// Appends a name, if it is absent.
  ///
  /// - Returns: whether it is new; a known name keeps its index.
  package mutating func add(_ name: String) -> Bool {
    let known = places.insertIfAbsent(
      hash: name.hashOfUTF8, where: { names[$0].isIdentical(to: name) },
      hashOf: { names[$0].hashOfUTF8 })
    guard known == nil else { return false }
    names.append(name)
    return true
  }
}
