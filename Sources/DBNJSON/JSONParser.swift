/// A position in a JSON text, with a method for each step of JSON's grammar: for documents of a
/// known form that are read without building a tree.
package struct JSONParser {
  let bytes: ByteRegion
  /// Whether integers beyond 64 bits become floats instead of an error.
  private let roundsLargeIntegers: Bool
  var position = 0

  /// A copy of the bytes from `windowStart` on: single bytes of a region are expensive to read, and
  /// pages of a mapped file need not stay in memory.
  private var window: [UInt8] = []
  private var windowStart = 0

  private static let windowByteCount = 1 << 16

  package init(_ bytes: ByteRegion, roundsLargeIntegers: Bool = false) {
    self.roundsLargeIntegers = roundsLargeIntegers
    self.bytes = bytes
  }

  /// The offset of the next byte in the file.
  package var offset: Int { bytes.fileOffset + position }

  mutating func parseDocument() throws(CheckpointError) -> JSON {
    let value = try parseValue()
    try expectEnd()
    return value
  }

  /// Checks that only white space follows.
  package mutating func expectEnd() throws(CheckpointError) {
    skipSpace()
    guard position == bytes.count else { throw error("there is text after the document") }
  }

  /// The kind of the next value, by its first byte.
  package var isAtObject: Bool { mutating get { peek == UInt8(ascii: "{") } }
  package var isAtArray: Bool { mutating get { peek == UInt8(ascii: "[") } }
  package var isAtString: Bool { mutating get { peek == UInt8(ascii: "\"") } }

  /// A value of any kind, as a tree.
  ///
  /// - Parameter depth: how many arrays and objects contain it.
  package mutating func parseValue(depth: Int = 0) throws(CheckpointError) -> JSON {
    guard depth <= JSON.depthLimit else { throw error("nested too deeply") }
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"):
      return .object(try parseMembers(from: try parseFirstName(), depth: depth))
    case UInt8(ascii: "["): return .array(try parseElements(depth: depth))
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parse("true", as: .bool(true))
    case UInt8(ascii: "f"): return try parse("false", as: .bool(false))
    case UInt8(ascii: "n"): return try parse("null", as: .null)
    default: return try parseNumber()
    }
  }

  /// Skips a value, checking the same rules as `parseValue`, without building a tree.
  package mutating func skipValue(depth: Int = 0) throws(CheckpointError) {
    guard depth <= JSON.depthLimit else { throw error("nested too deeply") }
    skipSpace()
    if isAtObject {
      var names = NameTable()
      try parseObject { parser, name throws(CheckpointError) in
        guard names.add(name) else { throw parser.duplicate(name) }
        try parser.skipValue(depth: depth + 1)
      }
    } else if isAtArray {
      try parseArray { parser throws(CheckpointError) in try parser.skipValue(depth: depth + 1) }
    } else {
      _ = try parseValue(depth: depth)
    }
  }

  /// The members of an object, starting with one whose name was already read.
  package mutating func parseMembers(
    from first: String?, depth: Int = 0
  ) throws(CheckpointError) -> [JSON.Member] {
    var members: [JSON.Member] = []
    var names = NameTable()
    var next = first
    while let name = next {
      guard names.add(name) else { throw duplicate(name) }
      members.append(JSON.Member(name, try parseValue(depth: depth + 1)))
      next = try parseNextName()
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

  /// Parses an object: `member` gets each name and parses the value that follows. The caller checks
  /// that names are unique.
  package mutating func parseObject(
    _ member: (inout JSONParser, String) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    var next = try parseFirstName()
    while let name = next {
      try member(&self, name)
      next = try parseNextName()
    }
  }

  /// Parses an array: `element` parses each element.
  package mutating func parseArray(
    _ element: (inout JSONParser) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    guard try open("[", "]") else { return }
    repeat { try element(&self) } while try goOn("]")
  }

  /// Parses the start of an object up to the value of its first member.
  ///
  /// - Returns: that member's name; nil if the object is empty.
  package mutating func parseFirstName() throws(CheckpointError) -> String? {
    try open("{", "}") ? try parseName() : nil
  }

  /// Parses what follows a member's value, up to the value of the next.
  ///
  /// - Returns: the next member's name; nil at the end of the object.
  package mutating func parseNextName() throws(CheckpointError) -> String? {
    try goOn("}") ? try parseName() : nil
  }

  private mutating func parseName() throws(CheckpointError) -> String {
    let name = try parseString()
    skipSpace()
    guard take(":") else { throw error("':' is missing after a key") }
    skipSpace()
    return name
  }

  /// Parses an opening bracket.
  ///
  /// - Returns: whether an item follows rather than the closing bracket.
  private mutating func open(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar
  ) throws(CheckpointError) -> Bool {
    guard take(open) else { throw error("'\(open)' is missing") }
    skipSpace()
    return !take(close)
  }

  /// Parses what follows an item: a comma, or the closing bracket.
  ///
  /// - Returns: whether another item follows.
  private mutating func goOn(_ close: Unicode.Scalar) throws(CheckpointError) -> Bool {
    skipSpace()
    if take(",") {
      skipSpace()
      return true
    }
    guard take(close) else { throw error("'\(close)' or ',' is missing") }
    return false
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

  /// An optional `-`, then 0 or digits without a leading 0, then an optional fraction and exponent.
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
    let text = try text(from: start, to: position)
    if position > endOfInteger { return .double(Double(text) ?? .nan) }
    if let number = Int(text) { return .int(number) }
    guard roundsLargeIntegers, let number = Double(text) else {
      throw error("\(text.visible()) is not a 64-bit integer")
    }
    return .double(number)
  }

  /// A nonnegative integer that fits 64 bits: a size, an offset.
  package mutating func parseCount() throws(CheckpointError) -> Int {
    let (start, first) = (position, peek)
    var count = 0
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      let (product, overflow) = count.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      guard !overflow, !carry else { throw error("a number is too large for a size") }
      count = sum
      position += 1
    }
    let isCanonical = position == start + 1 || position > start && first != UInt8(ascii: "0")
    guard isCanonical else { throw error("a size is missing") }
    return count
  }

  private mutating func parseDigits() throws(CheckpointError) -> Int {
    let start = position
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else { throw error("a value is missing, or is not valid JSON") }
    return position - start
  }

  /// The next byte; nil at the end.
  var peek: UInt8? {
    mutating get {
      let place = position - windowStart
      return window.indices.contains(place) ? window[place] : moveWindow()
    }
  }

  /// Moves the window to begin with the next byte.
  @inline(never)
  private mutating func moveWindow() -> UInt8? {
    let count = min(Self.windowByteCount, bytes.count - position)
    guard count > 0, let piece = try? bytes.slice(from: position, count: count) else { return nil }
    (window, windowStart) = (piece.array, position)
    piece.release()
    return window[0]
  }

  mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: scalar) else { return false }
    position += 1
    return true
  }

  package mutating func skipSpace() {
    while let byte = peek, Self.isSpace(byte) { position += 1 }
  }

  /// Whether the byte is white space (RFC 8259, section 2).
  package static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  package func error(_ reason: String) -> CheckpointError {
    CheckpointError(.invalidJSON, offset: offset, "invalid JSON: \(reason)")
  }

  /// The error for a name that occurs twice in an object.
  package func duplicate(_ name: String) -> CheckpointError {
    error("the key \"\(name.visible())\" appears twice")
  }
}
