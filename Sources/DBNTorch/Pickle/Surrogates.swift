/// Text with lone surrogates, which Python's strings can have and UTF-8 can't.
enum Surrogates {
  /// Whether bytes are UTF-8 except for surrogates, which are encoded as if they were characters:
  /// Python's error handler `surrogatepass`, with which picklers write text.
  static func areValid(_ bytes: [UInt8]) -> Bool {
    var utf8 = bytes
    for index in utf8.indices.dropLast(2)
    where utf8[index] == 0xED && 0xA0...0xBF ~= utf8[index + 1] && 0x80...0xBF ~= utf8[index + 2] {
      // U+FFFD takes three bytes too.
      utf8.replaceSubrange(index...index + 2, with: [0xEF, 0xBF, 0xBD])
    }
    return String(validating: utf8, as: UTF8.self) != nil
  }
}
