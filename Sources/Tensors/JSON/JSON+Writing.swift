extension JSON {
  /// The document as text: on one line, or indented by two spaces, with the arrays and objects
  /// that hold only scalars on a line of their own.
  ///
  /// Numbers that JSON has no notation for are written as the strings "inf", "-inf" and "nan".
  public func text(indented: Bool = false) -> String {
    var writer = JSONWriter(indented: indented)
    writer.write(self, depth: 0)
    return writer.text
  }

  /// The text as a JSON string, with its quotes.
  package static func quoted(_ text: String) -> String {
    JSON.string(text).text()
  }
}

private struct JSONWriter {
  let indented: Bool
  var text = ""

  mutating func write(_ value: JSON, depth: Int) {
    switch value {
    case .null: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .int(let number): text += "\(number)"
    case .double(let number): number.isFinite ? text += "\(number)" : write("\(number)")
    case .string(let string): write(string)
    case .array(let elements):
      write("[", "]", elements, inline: elements.allSatisfy(\.isScalar), depth) { writer, element in
        writer.write(element, depth: depth + 1)
      }
    case .object(let members):
      let inline = depth > 0 && members.allSatisfy { $0.value.isFlat }
      write("{", "}", members, inline: inline, depth) { writer, member in
        writer.write(member.name)
        writer.text += ": "
        writer.write(member.value, depth: depth + 1)
      }
    }
  }

  private mutating func write<Element>(
    _ open: String, _ close: String, _ elements: [Element], inline: Bool, _ depth: Int,
    _ body: (inout JSONWriter, Element) -> Void
  ) {
    let breaks = indented && !inline && !elements.isEmpty
    text += open
    for (index, element) in elements.enumerated() {
      if index > 0 { text += breaks ? "," : ", " }
      if breaks { newLine(depth + 1) }
      body(&self, element)
    }
    if breaks { newLine(depth) }
    text += close
  }

  private mutating func newLine(_ depth: Int) {
    text += "\n" + String(repeating: "  ", count: depth)
  }

  private mutating func write(_ string: String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
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
