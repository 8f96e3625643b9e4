internal import DBNTensors

/// The location of a message that several objects share.
///
/// Source: HDF5 File Format Specification 3.0, section IV.A.2, "Shared Message".
struct SharedMessage {
  /// The address of the object header with the message: that of a named type.
  let address: Int

  init(parsing reader: inout ByteReader, _ sizes: FieldSizes) throws(CheckpointError) {
    let version = try reader.readVersion(of: "a shared message", in: 1...3)
    let type = try reader.read(UInt8.self)
    guard version < 3 || type == 2 else {
      throw CheckpointError(
        .unsupportedLayout, offset: reader.fileOffset,
        "an object's description lies in the file's table of shared messages, which can't be read",
        advice: "write the file again with h5repack or h5py")
    }
    if version == 1 { try reader.skip(6) }
    address = try reader.readAddress(of: "a shared message", sizes)
  }
}

extension MetadataFile {
  /// The body of a message, wherever it is.
  mutating func resolve(_ message: HeaderMessage) throws(CheckpointError) -> ByteReader {
    guard message.isShared else { return ByteReader(message.body) }
    var reader = ByteReader(message.body)
    return try resolve(SharedMessage(parsing: &reader, sizes), message.kind)
  }

  /// The message of the same type in the header that a shared message refers to.
  mutating func resolve(
    _ shared: SharedMessage, _ kind: HeaderMessage.Kind
  ) throws(CheckpointError) -> ByteReader {
    let header = try ObjectHeader(at: shared.address, in: &self)
    guard let message = header[kind], !message.isShared else {
      throw .invalidMetadata("a shared message is not where it should be", at: shared.address)
    }
    return ByteReader(message.body)
  }
}
