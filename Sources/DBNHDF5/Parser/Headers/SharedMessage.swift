internal import DBNTensors

/// The location of a message that several objects share.
///
/// Source: HDF5 File Format Specification 3.0, section IV.A.2, "Shared Message".
enum SharedMessage {
  /// In the object header at an address: that of a named type.
  case header(Int)
  /// In a heap of shared messages, under this ID.
  case heap(ByteReader)

  /// The bytes of an ID in a heap of shared messages.
  static let idByteCount = 8

  init(parsing reader: inout ByteReader, _ sizes: FieldSizes) throws(CheckpointError) {
    let version = try reader.readVersion(of: "a shared message", in: 1...3)
    let type = try reader.read(UInt8.self)
    // Padding, and the offset of a name, as in the entry of a symbol table.
    if version == 1 { try reader.skip(6 + sizes.length) }
    self =
      version == 3 && type == 1
      ? .heap(ByteReader(try reader.readRegion(count: Self.idByteCount)))
      : .header(try reader.readAddress(of: "a shared message", sizes))
  }
}

extension MetadataFile {
  /// The body of a message, wherever it is.
  mutating func resolve(_ message: HeaderMessage) throws(CheckpointError) -> ByteReader {
    guard message.isShared else { return ByteReader(message.body) }
    var reader = ByteReader(message.body)
    return try resolve(SharedMessage(parsing: &reader, sizes), message.kind)
  }

  /// The message that a shared message refers to.
  mutating func resolve(
    _ shared: SharedMessage, _ kind: HeaderMessage.Kind
  ) throws(CheckpointError) -> ByteReader {
    switch shared {
    case .heap(let id): return ByteReader(try sharedMessage(id, kind))
    case .header(let address):
      let header = try ObjectHeader(at: address, in: &self)
      guard let message = header[kind], !message.isShared else {
        throw .invalidMetadata("a shared message is not where it should be", at: address)
      }
      return ByteReader(message.body)
    }
  }

  /// The message with an ID in the file's heap of shared messages of a kind.
  mutating func sharedMessage(
    _ id: ByteReader, _ kind: HeaderMessage.Kind
  ) throws(CheckpointError) -> ByteRegion {
    guard var table = sharedMessages else {
      throw .invalidMetadata("the file has no table of shared messages", at: id.fileOffset)
    }
    // Taken out, so that it is not copied when it reads more blocks of its heaps.
    sharedMessages = nil
    defer { sharedMessages = table }
    let message = try table.message(id, kind, in: &self)
    try spend(message.count, at: message.fileOffset)
    return message
  }
}
