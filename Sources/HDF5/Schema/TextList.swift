internal import Tensors

/// Texts that stand one behind the other in one array: of very many, strings of their own would take
/// three times the memory.
struct TextList {
  private var utf8: [UInt8] = []
  /// Of each text, where it ends.
  private var ends: [Int] = []

  var count: Int { ends.count }

  mutating func append(_ text: String) {
    utf8.makeRoom(for: text.utf8.count)
    utf8.append(contentsOf: text.utf8)
    ends.makeRoom(for: 1)
    ends.append(utf8.count)
  }

  subscript(place: Int) -> String { String(decoding: utf8[range(place)], as: UTF8.self) }

  /// Whether the text at a place has the same UTF-8.
  func has(_ text: String, at place: Int) -> Bool {
    utf8.span.bytes.extracting(range(place)).hasEqualBytes(to: text.utf8.span.bytes)
  }

  func hash(at place: Int) -> Int {
    TextList.hash(utf8.span.bytes.extracting(range(place)))
  }

  /// The hash of a text in a list, or anywhere.
  static func hash(_ text: String) -> Int { hash(text.utf8.span.bytes) }

  private static func hash(_ utf8: RawSpan) -> Int {
    var hasher = Hasher()
    utf8.withUnsafeBytes { hasher.combine(bytes: $0) }
    return hasher.finalize()
  }

  private func range(_ place: Int) -> Range<Int> {
    (place == 0 ? 0 : ends[place - 1])..<ends[place]
  }
}
