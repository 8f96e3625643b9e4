/// A string arena: the UTF-8 of many texts in one array, one after the other. Separate strings
/// would take three times the memory.
package struct StringArena: Sendable {
  private var utf8: [UInt8] = []
  /// The end of each text.
  private var ends: [Int] = []

  package init() {}

  package var count: Int { ends.count }

  /// Reserves memory for `count` further texts of `byteCount` bytes in total.
  package mutating func makeRoom(for count: Int, byteCount: Int) {
    utf8.makeRoom(for: byteCount)
    ends.makeRoom(for: count)
  }

  package mutating func append(_ text: String) {
    makeRoom(for: 1, byteCount: text.utf8.count)
    utf8.append(contentsOf: text.utf8)
    ends.append(utf8.count)
  }

  package subscript(place: Int) -> String {
    String(decoding: utf8[range(place)], as: UTF8.self)
  }

  /// Whether the text at an index has the same UTF-8.
  package func has(_ text: String, at place: Int) -> Bool {
    utf8.span.bytes.extracting(range(place)).hasEqualBytes(to: text.utf8.span.bytes)
  }

  /// The `hashOfUTF8` of the text at an index.
  package func hash(at place: Int) -> Int {
    utf8.span.bytes.extracting(range(place)).hashOfBytes
  }

  private func range(_ place: Int) -> Range<Int> {
    (place == 0 ? 0 : ends[place - 1])..<ends[place]
  }
}
