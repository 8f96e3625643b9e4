internal import DBNTensors

/// The few kinds of Python literals that occur in a header.
enum PythonLiteral {
  case string(String)
  case bool(Bool)
  /// Nonnegative integers.
  case tuple([Int])
  /// A list, which holds the fields of a structure; its contents are not read.
  case list
}

/// Parses a dictionary of literals in Python's notation. Nothing is evaluated.
struct PythonLiteralParser {
  private let bytes: [UInt8]
  private let fileOffset: Int
  private var position = 0

  init(_ bytes: [UInt8], _ fileOffset: Int) {
    self.bytes = bytes
    self.fileOffset = fileOffset
  }

  /// `{'name': value, ...}` followed only by white space. Parsing stops at a list: an array with
  /// one is refused anyway.
  mutating func parseDictionary() throws(CheckpointError) -> [(name: String, value: PythonLiteral)]
  {
    var members: [(name: String, value: PythonLiteral)] = []
    try expect("{")
    while !take("}") {
      let name = try parseString()
      try expect(":")
      let value = try parseValue()
      members.append((name, value))
      if case .list = value { return members }
      if !take(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard position == bytes.count else { throw error("has more text after its dictionary") }
    return members
  }

  private mutating func parseValue() throws(CheckpointError) -> PythonLiteral {
    skipSpace()
    switch peek {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "("): return .tuple(try parseTuple())
    case UInt8(ascii: "["): return .list
    case UInt8(ascii: "T"):
      try expect("True")
      return .bool(true)
    default:
      try expect("False")
      return .bool(false)
    }
  }

  private mutating func parseTuple() throws(CheckpointError) -> [Int] {
    var sizes: [Int] = []
    var hasComma = false
    try expect("(")
    while !take(")") {
      sizes.append(try parseCount())
      hasComma = take(",")
      if !hasComma {
        try expect(")")
        // In Python, (3) is a number.
        guard sizes.count > 1 else { throw error("has a shape that is not a tuple") }
        break
      }
    }
    return sizes
  }

  private mutating func parseCount() throws(CheckpointError) -> Int {
    skipSpace()
    let start = position
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    let digits = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let count = Int(digits), digits == "\(count)" else {
      throw error("has a shape that contains something other than sizes")
    }
    // The suffix that Python 2 wrote.
    if peek == UInt8(ascii: "L") { position += 1 }
    return count
  }

  /// Text without escapes, which do not occur in a tensor's header.
  private mutating func parseString() throws(CheckpointError) -> String {
    skipSpace()
    guard let quote = peek, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw error("has a field without a name in quotes")
    }
    let rest = bytes[(position + 1)...]
    guard let end = rest.firstIndex(of: quote), !rest[..<end].contains(UInt8(ascii: "\\")),
      let text = String(validating: rest[..<end], as: UTF8.self)
    else { throw error("has text without a closing quote, with escapes, or not in UTF-8") }
    position = end + 1
    return text
  }

  private mutating func expect(_ text: StaticString) throws(CheckpointError) {
    skipSpace()
    for index in 0..<text.utf8CodeUnitCount {
      guard peek == text.utf8Start[index] else { throw error("lacks the expected '\(text)'") }
      position += 1
    }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek == UInt8(ascii: scalar) else { return false }
    position += 1
    return true
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A { position += 1 }
  }

  private func error(_ reason: String) -> CheckpointError {
    CheckpointError(
      .numPyHeader, offset: fileOffset + position, "the header \(reason)",
      advice: "the file is damaged; save the array again with numpy.save")
  }
}
