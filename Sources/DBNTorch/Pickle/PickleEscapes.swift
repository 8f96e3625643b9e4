/// The escape sequences of Python's strings.
enum PickleEscapes {
  /// `codecs.escape_decode`: nil if an escape is incomplete.
  static func quoted(_ line: [UInt8]) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = line[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      guard let escaped = rest.popFirst() else { return nil }
      switch escaped {
      case UInt8(ascii: "x"):
        guard let value = number(&rest, digits: 2, radix: 16) else { return nil }
        bytes.append(UInt8(value))
      case UInt8(ascii: "0")...UInt8(ascii: "7"):
        rest = line[(rest.startIndex - 1)...]
        let count = rest.prefix(3).prefix { UInt8(ascii: "0")...UInt8(ascii: "7") ~= $0 }.count
        guard let value = number(&rest, digits: count, radix: 8) else { return nil }
        bytes.append(UInt8(truncatingIfNeeded: value))
      default: bytes += simple[escaped] ?? [UInt8(ascii: "\\"), escaped]
      }
    }
    return bytes
  }

  private static let simple: [UInt8: [UInt8]] = [
    UInt8(ascii: "\\"): [0x5C], UInt8(ascii: "'"): [0x27], UInt8(ascii: "\""): [0x22],
    UInt8(ascii: "a"): [7], UInt8(ascii: "b"): [8], UInt8(ascii: "t"): [9], UInt8(ascii: "n"): [10],
    UInt8(ascii: "v"): [11], UInt8(ascii: "f"): [12], UInt8(ascii: "r"): [13],
  ]

  /// `raw-unicode-escape`: nil if an escape is invalid or not a character.
  static func unicode(_ line: [UInt8]) -> String? {
    var text = String.UnicodeScalarView()
    var rest = line[...]
    while let byte = rest.popFirst() {
      let isEscape = byte == UInt8(ascii: "\\")
      switch isEscape ? rest.first : nil {
      case UInt8(ascii: "u"), UInt8(ascii: "U"):
        let digits = rest.popFirst() == UInt8(ascii: "u") ? 4 : 8
        guard let value = number(&rest, digits: digits, radix: 16),
          let scalar = Unicode.Scalar(value)
        else { return nil }
        text.append(scalar)
      default: text.append(Unicode.Scalar(byte))
      }
    }
    return String(text)
  }

  private static func number(
    _ rest: inout ArraySlice<UInt8>, digits: Int, radix: Int
  ) -> UInt32? {
    guard rest.count >= digits else { return nil }
    let text = String(decoding: rest.prefix(digits), as: UTF8.self)
    rest = rest.dropFirst(digits)
    guard text.utf8.first != UInt8(ascii: "+"), text.utf8.first != UInt8(ascii: "-") else {
      return nil
    }
    return UInt32(text, radix: radix)
  }
}
