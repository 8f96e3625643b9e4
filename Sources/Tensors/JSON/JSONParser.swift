/// A place in a JSON text, and the steps of JSON's grammar from there; for documents of a known form
/// that are to be read without a tree between.
package struct JSONParser {
  private let bytes: [UInt8]
  private let fileOffset: Int
  /// Whether integers beyond 64 bits become floats, and are no error.
  private let roundsLargeIntegers: Bool
  private var position = 0

  /// - Parameter fileOffset: where the text begins in its file, for errors.
  package init(_ bytes: [UInt8], fileOffset: Int, roundsLargeIntegers: Bool = false) {
    self.roundsLargeIntegers = roundsLargeIntegers
    self.bytes = bytes
    self.fileOffset = fileOffset
  }

  /// Where the next byte lies in the file.
  package var offset: Int { fileOffset + position }

  mutating func parseDocument() throws(CheckpointError) -> JSON {
    let value = try parseValue(depth: 0)
    try expectEnd()
    return value
  }

  /// Nothing but space may follow.
  package mutating func expectEnd() throws(CheckpointError) {
    skipSpace()
    guard position == bytes.count else { throw error("text follows the document") }
  }

  /// A value of any kind, as a tree.
  package mutating func parseValue() throws(CheckpointError) -> JSON {
    try parseValue(depth: 0)
  }

  private mutating func parseValue(depth: Int) throws(CheckpointError) -> JSON {
    guard depth <= JSON.depthLimit else { throw error("nested too deep") }
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return .object(try parseMembers(depth: depth))
    case UInt8(ascii: "["): return .array(try parseElements(depth: depth))
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parse("true", as: .bool(true))
    case UInt8(ascii: "f"): return try parse("false", as: .bool(false))
    case UInt8(ascii: "n"): return try parse("null", as: .null)
    default: return try parseNumber()
    }
  }

  private mutating func parseMembers(depth: Int) throws(CheckpointError) -> [JSON.Member] {
    var members: [JSON.Member] = []
    var names: Set<CheckpointDictionary.Key> = []
    try parseObject { parser, name throws(CheckpointError) in
      guard names.insert(.string(name)).inserted else {
        throw parser.error("the key \"\(name.visible())\" appears twice")
      }
      members.append(JSON.Member(name, try parser.parseValue(depth: depth + 1)))
    }
    return members
  }

  private mutating func parseElements(depth: Int) throws(CheckpointError) -> [JSON] {
    var elements: [JSON] = []
    try parseArray { parser throws(CheckpointError) in
      elements.append(try parser.parseValue(depth: depth + 1))
    }
    return elements
  }

  /// An object: `member` is given each name and parses the value behind it. That names differ is
  /// for the caller to see to.
  package mutating func parseObject(
    _ member: (inout JSONParser, String) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try parseSequence(from: "{", until: "}") { parser throws(CheckpointError) in
      parser.skipSpace()
      let name = try parser.parseString()
      parser.skipSpace()
      guard parser.take(":") else { throw parser.error("':' is missing after a key") }
      parser.skipSpace()
      try member(&parser, name)
    }
  }

  /// An array: `element` parses each.
  package mutating func parseArray(
    _ element: (inout JSONParser) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try parseSequence(from: "[", until: "]") { parser throws(CheckpointError) in
      parser.skipSpace()
      try element(&parser)
    }
  }

  /// What stands between brackets: nothing, or items with commas between them.
  private mutating func parseSequence(
    from open: Unicode.Scalar, until close: Unicode.Scalar,
    _ item: (inout JSONParser) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    guard take(open) else { throw error("'\(open)' is missing") }
    skipSpace()
    if take(close) { return }
    repeat {
      try item(&self)
      skipSpace()
    } while take(",")
    guard take(close) else { throw error("'\(close)' or ',' is missing") }
  }

  private mutating func parse(
    _ word: StaticString, as value: JSON
  ) throws(CheckpointError) -> JSON {
    for index in 0..<word.utf8CodeUnitCount {
      guard peek == word.utf8Start[index] else { throw error("an unknown word") }
      position += 1
    }
    return value
  }

  /// `-`? then 0 or digits without a leading 0, then a fraction and an exponent if any.
  private mutating func parseNumber() throws(CheckpointError) -> JSON {
    let start = position
    _ = take("-")
    let leadsWithZero = peek == UInt8(ascii: "0")
    let digits = try parseDigits()
    guard digits == 1 || !leadsWithZero else { throw error("a number has a leading zero") }
    let endOfInteger = position
    if take(".") { _ = try parseDigits() }
    if take("e") || take("E") {
      if !take("-") { _ = take("+") }
      _ = try parseDigits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if position > endOfInteger { return .double(Double(text) ?? .nan) }
    if let number = Int(text) { return .int(number) }
    guard roundsLargeIntegers, let number = Double(text) else {
      throw error("\(text.visible()) is not a 64-bit integer")
    }
    return .double(number)
  }

  /// An integer that is not negative and fits 64 bits: a size, an offset.
  package mutating func parseCount() throws(CheckpointError) -> Int {
    let start = position
    var count = 0
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      let (product, overflow) = count.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      guard !overflow, !carry else { throw error("a number is too large for a size") }
      count = sum
      position += 1
    }
    let isCanonical = position == start + 1 || position > start && bytes[start] != UInt8(ascii: "0")
    guard isCanonical else { throw error("a size is missing") }
    return count
  }

  private mutating func parseDigits() throws(CheckpointError) -> Int {
    let start = position
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else { throw error("a value is missing or not one of JSON's") }
    return position - start
  }

  package mutating func parseString() throws(CheckpointError) -> String {
    guard take("\"") else { throw error("a string is missing") }
    let start = position
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
    // Nearly all strings end here, without an escape.
    if take("\"") { return try text(bytes.span.extracting(start..<position - 1)) }
    var utf8 = Array(bytes[start..<position])
    while let byte = peek {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return try text(utf8.span)
      case UInt8(ascii: "\\"): utf8.append(contentsOf: try parseEscape().utf8)
      case 0..<0x20: throw error("a control character stands in a string")
      default: utf8.append(byte)
      }
    }
    throw error("a string has no end")
  }

  private func text(_ utf8: Span<UInt8>) throws(CheckpointError) -> String {
    do {
      return String(copying: try UTF8Span(validating: utf8))
    } catch {
      throw self.error("a string is not valid UTF-8")
    }
  }

  private mutating func parseEscape() throws(CheckpointError) -> String {
    guard let byte = peek else { throw error("a string has no end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try parseUnicodeEscape()
    default: throw error("an unknown escape")
    }
  }

  private mutating func parseUnicodeEscape() throws(CheckpointError) -> String {
    var units = [try parseHexadecimal()]
    if UTF16.isLeadSurrogate(units[0]), take("\\"), take("u") {
      units.append(try parseHexadecimal())
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw error("an escape is half of a surrogate pair")
    }
    return text
  }

  private mutating func parseHexadecimal() throws(CheckpointError) -> UInt16 {
    let digits = String(
      decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self)
    guard digits.count == 4, digits.allSatisfy(\.isHexDigit),
      let number = UInt16(digits, radix: 16)
    else { throw error("an escape needs four hexadecimal digits") }
    position += 4
    return number
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: scalar) else { return false }
    position += 1
    return true
  }

  package mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  package func error(_ reason: String) -> CheckpointError {
    CheckpointError(.invalidJSON, offset: fileOffset + position, "invalid JSON: \(reason)")
  }
}
