internal import DBNTensors

extension SafetensorsHeader {
  /// The header at the start of a file, and the bytes after it; checks all rules of the format.
  ///
  /// - Parameter salvages: whether the end of the file may be missing.
  static func read(
    _ file: ByteRegion, salvages: Bool = false
  ) throws(CheckpointError) -> (header: SafetensorsHeader, data: ByteRegion) {
    FileEvent.report(.parsedSafetensorsHeader, file)
    let text = try text(of: file)
    try checkEncoding(of: text)
    let header = try SafetensorsHeader(parsing: text)
    text.releaseFile()
    let start = lengthByteCount + text.count
    let data = try file.slice(from: start, count: file.count - start)
    try header.validate(dataByteCount: data.count, salvages: salvages)
    return (header, data)
  }

  /// The bytes of the header's JSON.
  private static func text(of file: ByteRegion) throws(CheckpointError) -> ByteRegion {
    guard file.count >= lengthByteCount else {
      throw cutShort("the file ends before the length of its header")
    }
    var reader = ByteReader(file)
    let length = try reader.read(UInt64.self)
    guard length <= byteLimit else {
      throw CheckpointError(
        .safetensorsHeaderTooLarge, offset: 0,
        "declares a header of \(length) bytes; at most \(byteLimit) are allowed")
    }
    guard length <= reader.remaining else {
      throw cutShort("the header should have \(length) bytes, but \(reader.remaining) follow")
    }
    let text = try reader.readRegion(count: Int(length))
    guard startsWithObject(text) else {
      throw CheckpointError(
        .safetensorsHeaderStart, offset: lengthByteCount, "the header does not start with '{'")
    }
    return text
  }

  /// Whether the text is that of a JSON object, as far as its first character shows. Writers that
  /// align tensors to pages put white space before or after the header's object.
  static func startsWithObject(_ text: ByteRegion) -> Bool {
    text.withBytes { bytes in
      bytes.withUnsafeBytes { bytes in
        bytes.first { !JSONParser.isSpace($0) } == UInt8(ascii: "{")
      }
    }
  }

  private static func checkEncoding(of text: ByteRegion) throws(CheckpointError) {
    let isUTF8 = text.withBytes { $0.withUnsafeBytes { $0.isUTF8 } }
    guard isUTF8 else {
      throw CheckpointError(
        .invalidText, offset: text.fileOffset, "the header is not valid UTF-8")
    }
    text.releaseFile()
  }

  /// The text stays in the file and is parsed piece by piece, since it is long for very many
  /// tensors.
  private init(parsing text: ByteRegion) throws(CheckpointError) {
    var parser = JSONParser(text)
    var shapes = OneEntryCache<[Int]>()
    var hasMetadata = false
    parser.skipSpace()
    try parser.parseObject { parser, name throws(CheckpointError) in
      if name.isIdentical(to: Self.metadataName) {
        guard !hasMetadata else { throw Self.duplicate(name, at: parser.offset) }
        hasMetadata = true
        try parseMetadata(&parser)
      } else {
        guard names.add(name) else { throw Self.duplicate(name, at: parser.offset) }
        entries.append(try parseEntry(name, &parser, &shapes))
      }
    }
    try parser.expectEnd()
  }

  private mutating func parseMetadata(_ parser: inout JSONParser) throws(CheckpointError) {
    guard parser.isAtObject else {
      // The library reads null as no metadata (`Option<HashMap>` in its `tensor.rs`).
      if case .null = try parser.parseValue() { return }
      throw Self.invalidMetadata(Self.metadataName)
    }
    var names = NameTable()
    var failure: CheckpointError?
    try parser.parseObject { parser, name throws(CheckpointError) in
      guard names.add(name) else { throw parser.duplicate(name) }
      guard names.count <= Self.metadataLimit else {
        throw CheckpointError(
          .limitExceeded, name: Self.metadataName, offset: parser.offset,
          "the metadata has more than \(Self.metadataLimit) entries",
          advice: "the file is damaged or malicious; get it again")
      }
      if !parser.isAtString {
        try parser.skipValue(depth: 1)
        failure = failure ?? Self.invalidMetadata(name)
      } else if name.isIdentical(to: SafetensorsContent.recordName) {
        record = try parser.parseText()
      } else {
        metadata.append((name, try parser.parseString()))
      }
    }
    if let failure { throw failure }
  }

  private mutating func parseEntry(
    _ name: String, _ parser: inout JSONParser, _ shapes: inout OneEntryCache<[Int]>
  ) throws(CheckpointError) -> Entry {
    let offset = parser.offset
    var fields = Fields()
    try parser.parseObject { parser, field throws(CheckpointError) in
      switch field {
      case Field.dtype: try Self.set(&fields.type, try Self.parseType(name, &parser), name, parser)
      case Field.shape: try Self.set(&fields.shape, try Self.parseCounts(&parser), name, parser)
      case Field.dataOffsets:
        try Self.set(&fields.offsets, try Self.parseCounts(&parser), name, parser)
      default:
        addUnknownField(field)
        try parser.skipValue()
      }
    }
    guard let type = fields.type, let shape = fields.shape, let offsets = fields.offsets,
      offsets.count == 2
    else {
      throw CheckpointError(
        .safetensorsField, name: name, offset: offset,
        "a tensor needs a dtype, a shape and two data_offsets")
    }
    return Entry(shape: shapes.shared(shape), start: offsets[0], end: offsets[1], type: type)
  }

  private struct Fields {
    var type: SafetensorsType?
    var shape: [Int]?
    var offsets: [Int]?
  }

  private static func set<Value>(
    _ field: inout Value?, _ value: Value, _ name: String, _ parser: JSONParser
  ) throws(CheckpointError) {
    guard field == nil else { throw duplicate(name, at: parser.offset) }
    field = value
  }

  private static func parseType(
    _ name: String, _ parser: inout JSONParser
  ) throws(CheckpointError) -> SafetensorsType {
    let text = try parser.parseString()
    guard let type = SafetensorsType(rawValue: text) else {
      throw CheckpointError(
        .safetensorsDtype, name: name, offset: parser.offset,
        "has the dtype '\(text.visible())', which the format does not have")
    }
    return type
  }

  private static func parseCounts(
    _ parser: inout JSONParser
  ) throws(CheckpointError) -> [Int] {
    var counts: [Int] = []
    counts.reserveCapacity(4)
    try parser.parseArray { parser throws(CheckpointError) in
      guard counts.count < rankLimit else {
        throw CheckpointError(
          .limitExceeded, offset: parser.offset, "a tensor has more than \(rankLimit) dimensions",
          advice: "the file is damaged or malicious; get it again")
      }
      counts.append(try parser.parseCount())
    }
    // A copy without spare capacity.
    return Array(counts[...])
  }

  private static func cutShort(_ reason: String) -> CheckpointError {
    CheckpointError(
      .safetensorsHeaderLength, offset: 0, reason,
      advice: "the file is cut short or is not a safetensors file; get it again")
  }

  private static func duplicate(_ name: String, at offset: Int) -> CheckpointError {
    CheckpointError(
      .safetensorsDuplicate, name: name, offset: offset,
      "is in the header twice, or has a field twice",
      advice: "the file is damaged or malicious; get it again")
  }

  private static func invalidMetadata(_ name: String) -> CheckpointError {
    CheckpointError(
      .safetensorsMetadata, name: name, "the file's metadata must map names to text")
  }
}

extension UnsafeRawBufferPointer {
  fileprivate var isUTF8: Bool {
    do {
      _ = try UTF8Span(validating: Span(_bytes: bytes))
      return true
    } catch {
      return false
    }
  }
}
