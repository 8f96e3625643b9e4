internal import Tensors

extension SafetensorsHeader {
  /// The start of a file: the header's length and the header, padded with spaces to a multiple of
  /// eight bytes, as the library writes them.
  ///
  /// - Throws: `cannotBeWritten` when it is longer than the format allows.
  func bytes() throws(CheckpointError) -> [UInt8] {
    var bytes: [UInt8] = []
    // Of very many tensors the text is long: it is made once, and not moved while it grows.
    bytes.reserveCapacity(roomyByteCount)
    // The length comes in the end.
    bytes += repeatElement(0, count: Self.lengthByteCount)
    bytes += "{".utf8
    if !metadata.isEmpty { appendMetadata(to: &bytes) }
    for entry in entries {
      if bytes.count > Self.lengthByteCount + 1 { bytes += ",".utf8 }
      JSON.append(entry.name, to: &bytes)
      bytes += Self.text(of: entry).utf8
    }
    bytes += "}".utf8
    while !bytes.count.isMultiple(of: 8) { bytes += " ".utf8 }
    let length = bytes.count - Self.lengthByteCount
    guard length <= Self.byteLimit else {
      throw CheckpointError(
        .cannotBeWritten,
        "the names and values beside the tensors take \(length) bytes, the format allows "
          + "\(Self.byteLimit)", advice: "write an HDF5 file instead")
    }
    withUnsafeBytes(of: UInt64(length).littleEndian) { length in
      bytes.replaceSubrange(..<Self.lengthByteCount, with: length)
    }
    return bytes
  }

  /// No less than the header takes, but for names with many escaped characters.
  private var roomyByteCount: Int {
    metadata.reduce(0) { $0 + $1.name.utf8.count + 2 * $1.text.utf8.count }
      + entries.reduce(100) { $0 + $1.name.utf8.count + 12 * $1.shape.count + 80 }
  }

  private func appendMetadata(to bytes: inout [UInt8]) {
    bytes += "\"\(Self.metadataName)\":{".utf8
    for (index, member) in metadata.enumerated() {
      if index > 0 { bytes += ",".utf8 }
      JSON.append(member.name, to: &bytes)
      bytes += ":".utf8
      JSON.append(member.text, to: &bytes)
    }
    bytes += "}".utf8
  }

  /// What follows the name.
  private static func text(of entry: Entry) -> String {
    let shape = entry.shape.map(\.description).joined(separator: ",")
    return ":{\"dtype\":\"\(entry.type.rawValue)\",\"shape\":[\(shape)],"
      + "\"data_offsets\":[\(entry.start),\(entry.end)]}"
  }
}
