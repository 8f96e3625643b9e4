extension TaggedJSON {
  /// Parses a value without building a JSON tree first, since there can be very many.
  ///
  /// - Parameters:
  ///   - parser: is positioned after the value afterwards, whatever the result.
  ///   - jsonDepth: how many arrays and objects of the text contain the value.
  ///   - name: the name of what holds the JSON, for errors.
  /// - Returns: the value, or the error if the JSON is valid but not of this form: `limitExceeded`
  ///   beyond `CheckpointLimits.depth`, or what the hooks throw.
  /// - Throws: `invalidJSON`, which takes precedence over those errors.
  package func parseValue(
    _ parser: inout JSONParser, jsonDepth: Int = 0, name: String
  ) throws(CheckpointError) -> Result<CheckpointValue, CheckpointError> {
    try parse(&parser, jsonDepth) { parser throws(CheckpointError) in
      try value(&parser, name, depth: 0)
    }
  }

  /// The attributes of a mapping, parsed from the text of a JSON object.
  package func attributes(
    parsing text: String, name: String
  ) throws(CheckpointError) -> [(name: String, value: CheckpointValue)] {
    var parser = JSONParser(ByteRegion(Array(text.utf8)))
    parser.skipSpace()
    let result = try parse(&parser, 0) { parser throws(CheckpointError) in
      try attributes(&parser, name, depth: 0)
    }
    try parser.expectEnd()
    return try result.get()
  }

  /// If the text is invalid JSON, that is the error thrown, even if the form is wrong too.
  private func parse<Value>(
    _ parser: inout JSONParser, _ jsonDepth: Int,
    _ body: (inout JSONParser) throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Result<Value, CheckpointError> {
    let start = parser
    do throws(CheckpointError) {
      return .success(try body(&parser))
    } catch {
      parser = start
      try parser.skipValue(depth: jsonDepth)
      return .failure(error)
    }
  }

  private func value(
    _ parser: inout JSONParser, _ name: String, depth: Int
  ) throws(CheckpointError) -> CheckpointValue {
    guard depth <= CheckpointLimits.depth else { throw Self.tooDeep(name) }
    if parser.isAtObject { return try object(&parser, name, depth) }
    if parser.isAtArray { return .list(try values(&parser, name, depth)) }
    switch try parser.parseValue() {
    case .null: return .none
    case .bool(let flag): return .bool(flag)
    case .int(let number): return .int(number)
    case .double(let number): return .float(number)
    case .string(let text): return .string(text)
    case .array, .object: throw invalid(name)
    }
  }

  private func values(
    _ parser: inout JSONParser, _ name: String, _ depth: Int
  ) throws(CheckpointError) -> [CheckpointValue] {
    guard parser.isAtArray else { throw invalid(name) }
    var values: [CheckpointValue] = []
    try parser.parseArray { parser throws(CheckpointError) in
      values.append(try value(&parser, name, depth: depth + 1))
    }
    return values
  }

  private func object(
    _ parser: inout JSONParser, _ name: String, _ depth: Int
  ) throws(CheckpointError) -> CheckpointValue {
    let first = try parser.parseFirstName()
    guard let tag = first, Self.isTag(tag) else {
      return .dictionary(try entries(from: first, of: .dict, &parser, name, depth))
    }
    if let kind = CheckpointDictionary.Kind(rawValue: String(tag.dropFirst())) {
      return .dictionary(try mapping(kind, &parser, name, depth))
    }
    if tag == Self.tensorTag {
      return .tensor(try tensor(.object(try parser.parseMembers(from: tag)), name))
    }
    let value: CheckpointValue =
      switch tag {
      case Tag.tuple: .tuple(try values(&parser, name, depth))
      case Tag.set: .set(try values(&parser, name, depth))
      default: try leaf(tag, try parser.parseValue(), name)
      }
    guard try parser.parseNextName() == nil else { throw invalid(name) }
    return value
  }

  private func mapping(
    _ kind: CheckpointDictionary.Kind, _ parser: inout JSONParser, _ name: String, _ depth: Int
  ) throws(CheckpointError) -> CheckpointDictionary {
    var dictionary =
      parser.isAtArray
      ? try pairs(of: kind, &parser, name, depth) : try object(of: kind, &parser, name, depth)
    guard let next = try parser.parseNextName() else { return dictionary }
    guard next == Tag.attributes else { throw invalid(name) }
    dictionary.attributes = try attributes(&parser, name, depth: depth + 1)
    guard try parser.parseNextName() == nil else { throw invalid(name) }
    return dictionary
  }

  private func attributes(
    _ parser: inout JSONParser, _ name: String, depth: Int
  ) throws(CheckpointError) -> [(name: String, value: CheckpointValue)] {
    guard parser.isAtObject else { throw invalid(name) }
    var attributes: [(name: String, value: CheckpointValue)] = []
    var names = NameTable()
    try parser.parseObject { parser, attribute throws(CheckpointError) in
      guard names.add(attribute) else { throw parser.duplicate(attribute) }
      attributes.append((attribute, try value(&parser, name, depth: depth)))
    }
    return attributes
  }

  private func object(
    of kind: CheckpointDictionary.Kind, _ parser: inout JSONParser, _ name: String, _ depth: Int
  ) throws(CheckpointError) -> CheckpointDictionary {
    guard parser.isAtObject else { throw invalid(name) }
    return try entries(from: try parser.parseFirstName(), of: kind, &parser, name, depth)
  }

  /// The entries of an object, starting with one whose name was already read.
  private func entries(
    from first: String?, of kind: CheckpointDictionary.Kind, _ parser: inout JSONParser,
    _ name: String, _ depth: Int
  ) throws(CheckpointError) -> CheckpointDictionary {
    var dictionary = CheckpointDictionary(kind)
    var next = first
    while let member = next {
      guard !Self.isTag(member) else { throw invalid(name) }
      let key = CheckpointDictionary.Key.string(shared(Self.unescaped(member)))
      guard !dictionary.contains(key) else { throw parser.duplicate(member) }
      dictionary.set(key, to: try value(&parser, name, depth: depth + 1))
      next = try parser.parseNextName()
    }
    return dictionary
  }

  /// The entries of an array of [key, value] pairs, the form for mappings with integer keys.
  private func pairs(
    of kind: CheckpointDictionary.Kind, _ parser: inout JSONParser, _ name: String, _ depth: Int
  ) throws(CheckpointError) -> CheckpointDictionary {
    var dictionary = CheckpointDictionary(kind)
    try parser.parseArray { parser throws(CheckpointError) in
      var key: CheckpointDictionary.Key?
      var content: CheckpointValue?
      guard parser.isAtArray else { throw invalid(name) }
      try parser.parseArray { parser throws(CheckpointError) in
        guard content == nil else { throw invalid(name) }
        if key == nil {
          key = try self.key(&parser, name, depth)
        } else {
          content = try value(&parser, name, depth: depth + 1)
        }
      }
      guard let key, let content, !dictionary.contains(key) else { throw invalid(name) }
      dictionary.set(key, to: content)
    }
    return dictionary
  }

  private func key(
    _ parser: inout JSONParser, _ name: String, _ depth: Int
  ) throws(CheckpointError) -> CheckpointDictionary.Key {
    guard let key = CheckpointDictionary.Key(try value(&parser, name, depth: depth + 1)) else {
      throw invalid(name)
    }
    return key
  }

  /// The value of a tag that stands for neither a container nor a tensor.
  func leaf(
    _ tag: String, _ content: JSON, _ name: String
  ) throws(CheckpointError) -> CheckpointValue {
    switch (tag, content) {
    case (Tag.size, .array(let elements)):
      return .size(
        try elements.map { element throws(CheckpointError) in
          guard let size = element.int else { throw invalid(name) }
          return size
        })
    case (Tag.complex, .array(let parts)) where parts.count == 2:
      return .complex(real: try float(parts[0], name), imaginary: try float(parts[1], name))
    case (Tag.float, _): return .float(try float([Tag.float: content], name))
    case (Tag.int, .string(let digits)): return .largeInt(try bytes(digits, name))
    case (Tag.bytes, .string(let digits)): return .bytes(try bytes(digits, name))
    case (Tag.byteArray, .string(let digits)): return .byteArray(try bytes(digits, name))
    case (Tag.device, .string(let device)): return .device(device)
    case (Tag.constant, .string(let name)): return .constant(name)
    case (Tag.surrogateString, .string(let digits)):
      return .surrogateString(try bytes(digits, name))
    case (Tag.scalarType, .string(let text)):
      guard let type = ScalarType(rawValue: text) else { throw invalid(name) }
      return .scalarType(type)
    default: throw invalid(name)
    }
  }

  private func float(_ json: JSON, _ name: String) throws(CheckpointError) -> Double {
    if case .double(let number) = json { return number }
    switch json[Tag.float]?.string {
    case "nan": return .nan
    case "inf": return .infinity
    case "-inf": return -.infinity
    case let digits?:
      guard digits.utf8.count == 16, let bits = UInt64(digits, radix: 16) else {
        throw invalid(name)
      }
      return Double(bitPattern: bits)
    case nil: throw invalid(name)
    }
  }

  private func bytes(_ digits: String, _ name: String) throws(CheckpointError) -> [UInt8] {
    let values = digits.compactMap(\.hexDigitValue)
    guard values.count == digits.utf8.count, values.count % 2 == 0 else { throw invalid(name) }
    return stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] * 16 + values[$0 + 1]) }
  }

  /// Whether the name of a member begins with a single `$`; with two it is a key.
  static func isTag(_ name: String) -> Bool {
    name.utf8.starts(with: "$".utf8) && !name.utf8.starts(with: "$$".utf8)
  }

  static func unescaped(_ name: String) -> String {
    name.utf8.starts(with: "$$".utf8) ? String(name.unicodeScalars.dropFirst()) : name
  }
}
