internal import DBNTensors

/// The encoding of keys as names of links.
///
/// HDF5 allows every name except the empty one, `.`, and names with `/` or NUL. These characters,
/// and `%`, are escaped as `%` and two hexadecimal digits; the empty key is a single `%`.
enum LinkName {
  /// How the name of a key starts that is neither a string nor an integer: the rest is its tagged
  /// JSON.
  private static let otherKey = "%$"

  static func encode(_ key: CheckpointDictionary.Key, hasIntKeys: Bool) -> String {
    switch key {
    case .int(let number): "\(number)"
    case .string(let text): encode(text, hasIntKeys: hasIntKeys)
    case .other(let key): otherKey + escaped(key.json)
    }
  }

  /// - Parameter hasIntKeys: whether integers as names mean integer keys, so that a string that
  ///   looks like an integer must be escaped.
  private static func encode(_ text: String, hasIntKeys: Bool) -> String {
    if text.isEmpty { return "%" }
    if text.isIdentical(to: ".") { return "%2E" }
    let seemsInteger = hasIntKeys && integer(text) != nil
    // The same string, which needs no further memory.
    guard seemsInteger || text.utf8.contains(where: isReserved) else { return text }
    return escaped(text, includingFirst: seemsInteger)
  }

  private static func escaped(_ text: String, includingFirst: Bool = false) -> String {
    var utf8: [UInt8] = []
    for (index, byte) in text.utf8.enumerated() {
      if includingFirst && index == 0 || isReserved(byte) {
        utf8 += escape(byte)
      } else {
        utf8.append(byte)
      }
    }
    return String(decoding: utf8, as: UTF8.self)
  }

  private static func isReserved(_ byte: UInt8) -> Bool {
    byte == 0 || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "%")
  }

  static func decode(
    _ name: String, hasIntKeys: Bool, path: String
  ) throws(CheckpointError) -> CheckpointDictionary.Key {
    if hasIntKeys, let number = integer(name) { return .int(number) }
    if name.isIdentical(to: "%") { return .string("") }
    guard name.utf8.contains(UInt8(ascii: "%")) else { return .string(name) }
    if name.utf8.starts(with: otherKey.utf8) {
      let json = try unescaped(name.utf8.dropFirst(otherKey.utf8.count), path)
      guard let key = TaggedJSON.key(parsing: json) else { throw invalid(path) }
      return key
    }
    return .string(try unescaped(name.utf8[...], path))
  }

  private static func unescaped(
    _ name: Substring.UTF8View, _ path: String
  ) throws(CheckpointError) -> String {
    var (utf8, rest) = ([UInt8](), name)
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        utf8.append(byte)
        continue
      }
      let digits = rest.prefix(2).compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
      guard digits.count == 2 else { throw invalid(path) }
      utf8.append(UInt8(digits[0] * 16 + digits[1]))
      rest = rest.dropFirst(2)
    }
    guard let text = String(validating: utf8, as: UTF8.self) else { throw invalid(path) }
    return text
  }

  /// The integer with this canonical decimal form; nil for any other text, such as `007`.
  private static func integer(_ text: String) -> Int? {
    guard let number = Int(text), text.isIdentical(to: "\(number)") else { return nil }
    return number
  }

  private static func escape(_ byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }

  private static func invalid(_ path: String) -> CheckpointError {
    CheckpointError(
      .schemaViolation, name: path,
      "the link's name has a '%' that is not followed by two "
        + "hexadecimal digits of UTF-8", advice: "write a literal % as %25")
  }
}
