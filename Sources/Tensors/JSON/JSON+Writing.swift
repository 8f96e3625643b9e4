extension JSON {
  /// The document as text: on one line, or indented by two spaces, with the arrays and objects
  /// that hold only scalars on a line of their own.
  ///
  /// Numbers that JSON has no notation for are written as the strings "inf", "-inf" and "nan".
  public func text(indented: Bool = false) -> String {
    var writer = JSONWriter(indented: indented)
    writer.write(self, depth: 0)
    return String(decoding: writer.utf8, as: UTF8.self)
  }

  /// Appends the text as a JSON string, with its quotes.
  package static func append(_ text: String, to utf8: inout [UInt8]) {
    var text = text
    utf8.append(UInt8(ascii: "\""))
    // UTF-8 passes as it is, but for what JSON wants escaped.
    text.withUTF8 { for byte in $0 { append(byte, to: &utf8) } }
    utf8.append(UInt8(ascii: "\""))
  }

  private static func append(_ byte: UInt8, to utf8: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""): utf8 += "\\\"".utf8
    case UInt8(ascii: "\\"): utf8 += "\\\\".utf8
    case UInt8(ascii: "\n"): utf8 += "\\n".utf8
    case 0..<0x10: utf8 += "\\u000\(String(byte, radix: 16))".utf8
    case 0x10..<0x20, 0x7F: utf8 += "\\u00\(String(byte, radix: 16))".utf8
    default: utf8.append(byte)
    }
  }
}

private struct JSONWriter {
  let indented: Bool
  var utf8: [UInt8] = []

  mutating func write(_ value: JSON, depth: Int) {
    switch value {
    case .null: put("null")
    case .bool(let flag): put(flag ? "true" : "false")
    case .int(let number): put("\(number)")
    case .double(let number): number.isFinite ? put("\(number)") : write("\(number)")
    case .string(let string): write(string)
    case .array(let elements):
      write("[", "]", elements, inline: elements.allSatisfy(\.isScalar), depth) { writer, element in
        writer.write(element, depth: depth + 1)
      }
    case .object(let members):
      let inline = depth > 0 && members.allSatisfy { $0.value.isFlat }
      write("{", "}", members, inline: inline, depth) { writer, member in
        writer.write(member.name)
        writer.put(": ")
        writer.write(member.value, depth: depth + 1)
      }
    }
  }

  private mutating func write<Element>(
    _ open: String, _ close: String, _ elements: [Element], inline: Bool, _ depth: Int,
    _ body: (inout JSONWriter, Element) -> Void
  ) {
    let breaks = indented && !inline && !elements.isEmpty
    put(open)
    for (index, element) in elements.enumerated() {
      if index > 0 { put(breaks ? "," : ", ") }
      if breaks { newLine(depth + 1) }
      body(&self, element)
    }
    if breaks { newLine(depth) }
    put(close)
  }

  private mutating func newLine(_ depth: Int) {
    put("\n" + String(repeating: "  ", count: depth))
  }

  private mutating func write(_ string: String) {
    JSON.append(string, to: &utf8)
  }

  private mutating func put(_ text: String) {
    utf8 += text.utf8
  }
}

extension JSON {
  fileprivate var isScalar: Bool {
    switch self {
    case .array(let elements): elements.isEmpty
    case .object(let members): members.isEmpty
    default: true
    }
  }

  /// A scalar, or an array of scalars.
  fileprivate var isFlat: Bool {
    guard case .array(let elements) = self else { return isScalar }
    return elements.allSatisfy(\.isScalar)
  }
}
