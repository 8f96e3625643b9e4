extension JSON {
  /// The document as text: on one line, or indented by two spaces, with arrays and objects that
  /// hold only scalars on one line each.
  ///
  /// Numbers that JSON has no notation for are written as the strings "inf", "-inf" and "nan".
  /// Characters in strings that are not visible (controls, marks that change the order of others) are
  /// escaped, so that the text can be shown in a terminal.
  public func text(indented: Bool = false) -> String {
    var writer = JSONWriter(escapesInvisible: true)
    writer.write(self, indentation: indented ? 0 : nil)
    return writer.text
  }
}

extension JSONWriter {
  /// Appends a value.
  ///
  /// - Parameter indentation: the depth of the value in an indented text; nil for a text on one
  ///   line.
  package mutating func write(_ value: JSON, indentation: Int? = nil) {
    switch value {
    case .null: put("null")
    case .bool(let flag): put(flag ? "true" : "false")
    case .int(let number): put("\(number)")
    case .double(let number) where number.isFinite: put("\(number)")
    // Not its description, in which a NaN has its sign and payload.
    case .double(let number): write(number.isNaN ? "nan" : "\(number)")
    case .string(let string): write(string)
    case .array(let elements):
      let lines = Lines(indentation, isFlat: elements.allSatisfy(\.isScalar))
      putSequence("[" + lines.open, lines.close + "]", elements, between: lines.between) {
        $0.write($1, indentation: lines.indentation)
      }
    case .object(let members):
      let isFlat = indentation != 0 && members.allSatisfy { $0.value.isFlat } || members.isEmpty
      let lines = Lines(indentation, isFlat: isFlat)
      putSequence("{" + lines.open, lines.close + "}", members, between: lines.between) {
        $0.write(name: $1.name)
        $0.write($1.value, indentation: lines.indentation)
      }
    }
  }
}

/// The text after an opening bracket, between items, and before the closing bracket.
private struct Lines {
  var (open, between, close) = ("", ", ", "")
  /// The indentation of the items.
  let indentation: Int?

  /// - Parameter isFlat: whether everything goes on one line.
  init(_ indentation: Int?, isFlat: Bool) {
    self.indentation = indentation.map { $0 + 1 }
    guard let indentation, !isFlat else { return }
    let line = "\n" + String(repeating: "  ", count: indentation)
    (open, between, close) = (line + "  ", "," + line + "  ", line)
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
