extension TaggedJSON {
  /// Appends the value to a text, and flushes the text when it is long enough.
  ///
  /// - Parameter name: makes the path of the value; called only for tensors and errors.
  /// - Throws: `limitExceeded` beyond `CheckpointLimits.depth`; errors of the hook for tensors.
  package func write(
    _ value: CheckpointValue, to text: inout JSONWriter, depth: Int = 0, name: () -> String
  ) throws(CheckpointError) {
    guard depth <= CheckpointLimits.depth else { throw Self.tooDeep(name()) }
    switch value {
    case .list(let elements): try write(elements, to: &text, depth, name)
    case .tuple(let elements):
      try write(Tag.tuple, to: &text) { text throws(CheckpointError) in
        try write(elements, to: &text, depth, name)
      }
    case .set(let elements):
      try write(Tag.set, to: &text) { text throws(CheckpointError) in
        try write(elements, to: &text, depth, name)
      }
    case .dictionary(let dictionary): try write(dictionary, to: &text, depth, name)
    case .tensor(let tensor): text.write(try json(tensor, name()))
    case .opaque(let value): throw .opaque(value, name: name())
    default: text.write(Self.json(value))
    }
    try text.flush()
  }

  /// Appends the attributes of a mapping as an object.
  ///
  /// - Throws: as `write`; `cannotBeWritten` if two have the same name, which an object can't hold.
  package func writeAttributes(
    of dictionary: CheckpointDictionary, to text: inout JSONWriter, depth: Int = 0,
    name: () -> String
  ) throws(CheckpointError) {
    var names = NameTable()
    try text.putSequence("{", "}", dictionary.attributes) { text, item throws(CheckpointError) in
      guard names.add(item.name) else {
        throw CheckpointError(
          .cannotBeWritten, name: name(), "has two attributes named '\(item.name.visible())'",
          advice: "remove one of them")
      }
      text.write(name: item.name)
      try write(item.value, to: &text, depth: depth) { name().appending(key: item.name) }
    }
  }

  /// Values that are neither containers nor tensors nor opaque.
  static func json(_ value: CheckpointValue) -> JSON {
    switch value {
    case .bool(let flag): .bool(flag)
    case .int(let number): .int(number)
    case .string(let text): .string(text)
    case .largeInt(let bytes): [Tag.int: .string(bytes.hexadecimal)]
    case .float(let number): json(number)
    case .complex(let real, let imaginary): [Tag.complex: [json(real), json(imaginary)]]
    case .bytes(let bytes): [Tag.bytes: .string(bytes.hexadecimal)]
    case .byteArray(let bytes): [Tag.byteArray: .string(bytes.hexadecimal)]
    case .size(let sizes): [Tag.size: .array(sizes.map { .int($0) })]
    case .scalarType(let type): [Tag.scalarType: .string(type.name)]
    case .device(let device): [Tag.device: .string(device)]
    case .constant(let name): [Tag.constant: .string(name)]
    case .surrogateString(let bytes): [Tag.surrogateString: .string(bytes.hexadecimal)]
    case .none, .list, .tuple, .set, .dictionary, .tensor, .opaque: .null
    }
  }

  private static func json(_ number: Double) -> JSON {
    if number.isFinite { return .double(number) }
    if number.isInfinite { return [Tag.float: number < 0 ? "-inf" : "inf"] }
    if number.bitPattern == Double.nan.bitPattern { return [Tag.float: "nan"] }
    let digits = String(number.bitPattern, radix: 16)
    return [Tag.float: .string(String(repeating: "0", count: 16 - digits.count) + digits)]
  }

  /// An object with one member.
  private func write(
    _ tag: String, to text: inout JSONWriter,
    _ content: (inout JSONWriter) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try text.putSequence("{", "}", CollectionOfOne(tag)) { text, tag throws(CheckpointError) in
      text.write(name: tag)
      try content(&text)
    }
  }

  private func write(
    _ elements: [CheckpointValue], to text: inout JSONWriter, _ depth: Int, _ name: () -> String
  ) throws(CheckpointError) {
    try text.putSequence("[", "]", elements) { text, element throws(CheckpointError) in
      try write(element, to: &text, depth: depth + 1, name: name)
    }
  }

  private func write(
    _ dictionary: CheckpointDictionary, to text: inout JSONWriter, _ depth: Int,
    _ name: () -> String
  ) throws(CheckpointError) {
    let hasStringKeys = dictionary.entries.allSatisfy { $0.key.string != nil }
    if dictionary.kind == .dict, hasStringKeys, dictionary.attributes.isEmpty {
      return try writeObject(dictionary, to: &text, depth, name)
    }
    try write(dictionary.kind.tag, to: &text) { text throws(CheckpointError) in
      hasStringKeys
        ? try writeObject(dictionary, to: &text, depth, name)
        : try writePairs(dictionary, to: &text, depth, name)
      guard !dictionary.attributes.isEmpty else { return }
      text.put(", ")
      text.write(name: Tag.attributes)
      try writeAttributes(of: dictionary, to: &text, depth: depth + 1, name: name)
    }
  }

  private func writeObject(
    _ dictionary: CheckpointDictionary, to text: inout JSONWriter, _ depth: Int,
    _ name: () -> String
  ) throws(CheckpointError) {
    try text.putSequence("{", "}", dictionary.entries) { text, entry throws(CheckpointError) in
      let key = entry.key.description
      text.write(name: key.utf8.first == UInt8(ascii: "$") ? "$" + key : key)
      try write(entry.value, to: &text, depth: depth + 1) { name().appending(key: key) }
    }
  }

  private func writePairs(
    _ dictionary: CheckpointDictionary, to text: inout JSONWriter, _ depth: Int,
    _ name: () -> String
  ) throws(CheckpointError) {
    try text.putSequence("[", "]", dictionary.entries) { text, entry throws(CheckpointError) in
      text.put("[")
      switch entry.key {
      case .int(let number): text.write(.int(number))
      case .string(let key): text.write(key)
      case .other(let key): text.put(key.json)
      }
      text.put(", ")
      try write(entry.value, to: &text, depth: depth + 1) {
        name().appending(key: entry.key.description)
      }
      text.put("]")
    }
  }
}

extension String {
  fileprivate func appending(key: String) -> String {
    isEmpty ? key : "\(self)/\(key)"
  }
}

extension [UInt8] {
  fileprivate var hexadecimal: String {
    map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
