extension JSONParser {
  package mutating func parseString() throws(CheckpointError) -> String {
    guard take("\"") else { throw error("a string is missing") }
    let start = position
    skipPlain()
    // Nearly all strings end here, without an escape.
    if take("\"") { return try text(from: start, to: position - 1) }
    return try text(parseEscapedText(from: start))
  }

  /// The content of a string that is itself a text to be parsed: UTF-8 that is not validated, as a
  /// copy, with offsets from its start.
  package mutating func parseText() throws(CheckpointError) -> ByteRegion {
    guard take("\"") else { throw error("a string is missing") }
    return try parseEscapedText(from: position)
  }

  func text(from start: Int, to end: Int) throws(CheckpointError) -> String {
    try text(try bytes.slice(from: start, count: end - start))
  }

  private func text(_ utf8: ByteRegion) throws(CheckpointError) -> String {
    let text = utf8.withBytes { bytes in
      bytes.withUnsafeBytes { String(validating: $0, as: UTF8.self) }
    }
    guard let text else { throw error("a string is not valid UTF-8") }
    return text
  }

  private mutating func skipPlain() {
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
  }

  /// The rest of a string; leaves the position after it. The text takes no more bytes than its
  /// escaped form.
  private mutating func parseEscapedText(from start: Int) throws(CheckpointError) -> ByteRegion {
    var count = 0
    let text = try ByteRegion(byteCount: endOfString - start) { buffer throws(CheckpointError) in
      position = start
      while let byte = peek {
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return
        case UInt8(ascii: "\\"):
          for byte in try parseEscape().utf8 { try put(byte, in: buffer, at: &count) }
        case 0..<0x20: throw error("a string contains a control character")
        default: try put(byte, in: buffer, at: &count)
        }
      }
      throw error("a string has no end")
    }
    return try text.slice(from: 0, count: count)
  }

  /// The end of the string being read, or the end of the document if it has none.
  private var endOfString: Int {
    bytes.withBytes { bytes in
      bytes.withUnsafeBytes { bytes in
        var end = position
        while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
          end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(end, bytes.count)
      }
    }
  }

  /// Checks the bound again: another process may write to a mapped file after it was measured.
  private func put(
    _ byte: UInt8, in buffer: UnsafeMutableRawBufferPointer, at count: inout Int
  ) throws(CheckpointError) {
    guard count < buffer.count else { throw error("a string has no end") }
    buffer[count] = byte
    count += 1
  }

  private mutating func parseEscape() throws(CheckpointError) -> Unicode.Scalar {
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

  private mutating func parseUnicodeEscape() throws(CheckpointError) -> Unicode.Scalar {
    let unit = try parseHexadecimal()
    var value = UInt32(unit)
    if UTF16.isLeadSurrogate(unit), take("\\"), take("u") {
      let trail = try parseHexadecimal()
      if UTF16.isTrailSurrogate(trail) {
        value = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(trail) - 0xDC00)
      }
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw error("an escape is half of a surrogate pair")
    }
    return scalar
  }

  private mutating func parseHexadecimal() throws(CheckpointError) -> UInt16 {
    let start = position
    var number: UInt16 = 0
    while position < start + 4 {
      guard let digit = peek.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        position = start
        throw error("an escape needs four hexadecimal digits")
      }
      number = number << 4 + UInt16(digit)
      position += 1
    }
    return number
  }
}
