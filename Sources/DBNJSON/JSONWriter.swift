/// Builds JSON text: kept as a whole or, since it is long for very many tensors, flushed piece by
/// piece.
package struct JSONWriter {
  /// Takes a piece of the text and its offset.
  package typealias Sink = (_ piece: RawSpan, _ offset: Int) throws(CheckpointError) -> Void

  private let sink: Sink?
  /// The text that is not flushed yet.
  private var utf8: [UInt8] = []
  private var flushedByteCount = 0
  /// Whether the text is also the content of a string, and therefore escaped a second time.
  private var isQuoted = false
  /// Whether strings have escapes for characters that are not visible, as JSON allows for any
  /// character: in documents that people see, but not in checkpoints, which keep names as they are.
  private let escapesInvisible: Bool

  /// The number of bytes flushed at a time.
  private static let pieceByteCount = 1 << 16

  /// - Parameter sink: nil to keep the text.
  package init(escapesInvisible: Bool = false, _ sink: Sink? = nil) {
    self.escapesInvisible = escapesInvisible
    self.sink = sink
  }

  /// A writer that only counts bytes.
  package static var counting: JSONWriter { JSONWriter { _, _ throws(CheckpointError) in } }

  /// The size of the text so far, in bytes.
  package var byteCount: Int { flushedByteCount + utf8.count }

  /// The text, if it was kept.
  package var text: String { String(decoding: utf8, as: UTF8.self) }

  /// Reserves memory for `byteCount` further bytes.
  package mutating func makeRoom(for byteCount: Int) {
    utf8.makeRoom(for: byteCount)
  }

  /// Passes the text to the sink, if it is long enough for a piece.
  package mutating func flush() throws(CheckpointError) {
    if utf8.count >= Self.pieceByteCount { try finish() }
  }

  /// Passes the rest to the sink.
  package mutating func finish() throws(CheckpointError) {
    guard let sink else { return }
    try sink(utf8.span.bytes, flushedByteCount)
    flushedByteCount += utf8.count
    utf8.removeAll(keepingCapacity: true)
  }

  /// Appends JSON, or a part of it.
  package mutating func put(_ json: String) {
    var json = json
    json.withUTF8 { for byte in $0 { put(byte) } }
  }

  /// Appends a string, with its quotes.
  package mutating func write(_ string: String) {
    var string = string
    put(UInt8(ascii: "\""))
    if escapesInvisible, !string.unicodeScalars.allSatisfy(\.isVisible) {
      for scalar in string.unicodeScalars { putVisible(scalar) }
    } else {
      string.withUTF8 { for byte in $0 { putEscaped(byte) } }
    }
    put(UInt8(ascii: "\""))
  }

  /// Appends a member's name; the caller must append its value next.
  package mutating func write(name: String) {
    write(name)
    put(": ")
  }

  /// Appends a string whose content is the text that `body` appends.
  package mutating func writeQuoted(
    _ body: (inout JSONWriter) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    put(UInt8(ascii: "\""))
    isQuoted = true
    try body(&self)
    isQuoted = false
    put(UInt8(ascii: "\""))
  }

  /// Appends items between brackets, with a separator.
  package mutating func putSequence<Items: Collection, Failure: Error>(
    _ open: String, _ close: String, _ items: Items, between: String = ", ",
    _ item: (inout JSONWriter, Items.Element) throws(Failure) -> Void
  ) throws(Failure) {
    put(open)
    var isFirst = true
    for element in items {
      if !isFirst { put(between) }
      isFirst = false
      try item(&self, element)
    }
    put(close)
  }

  private mutating func put(_ byte: UInt8) {
    guard isQuoted, let escape = Self.escape(byte) else { return utf8.append(byte) }
    utf8 += escape.utf8
  }

  /// UTF-8 is written unchanged, except where JSON requires escapes.
  private mutating func putEscaped(_ byte: UInt8) {
    guard let escape = Self.escape(byte) else { return utf8.append(byte) }
    for byte in escape.utf8 { put(byte) }
  }

  private mutating func putVisible(_ scalar: Unicode.Scalar) {
    if scalar.isASCII || scalar.isVisible {
      for byte in scalar.utf8 { putEscaped(byte) }
      return
    }
    for unit in scalar.utf16 {
      let digits = String(unit, radix: 16)
      put("\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)")
    }
  }

  private static func escape(_ byte: UInt8) -> String? {
    switch byte {
    case UInt8(ascii: "\""): "\\\""
    case UInt8(ascii: "\\"): "\\\\"
    case UInt8(ascii: "\n"): "\\n"
    case 0..<0x10: "\\u000\(String(byte, radix: 16))"
    case 0x10..<0x20, 0x7F: "\\u00\(String(byte, radix: 16))"
    default: nil
    }
  }
}
