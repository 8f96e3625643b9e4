internal import Tensors

extension SafetensorsHeader {
  /// The start of a file: the header's length and the header, padded with spaces to a multiple of
  /// eight bytes, as the library writes them.
  ///
  /// - Throws: `cannotBeWritten` when it is longer than the format allows.
  func bytes() throws(CheckpointError) -> [UInt8] {
    var text = "{"
    if !metadata.isEmpty {
      let members = metadata.map { "\(JSON.quoted($0.name)):\(JSON.quoted($0.text))" }
      text += "\"\(Self.metadataName)\":{\(members.joined(separator: ","))}"
    }
    for entry in entries {
      if text.utf8.count > 1 { text += "," }
      text += "\(JSON.quoted(entry.name)):{\"dtype\":\"\(entry.type.rawValue)\",\"shape\":["
      text += entry.shape.map(\.description).joined(separator: ",")
      text += "],\"data_offsets\":[\(entry.start),\(entry.end)]}"
    }
    text += "}"
    let padding = (8 - text.utf8.count % 8) % 8
    text += String(repeating: " ", count: padding)
    guard text.utf8.count <= Self.byteLimit else {
      throw CheckpointError(
        .cannotBeWritten,
        "the names and values beside the tensors take \(text.utf8.count) bytes, the format allows "
          + "\(Self.byteLimit)", advice: "write an HDF5 file instead")
    }
    let length = UInt64(text.utf8.count).littleEndian
    return withUnsafeBytes(of: length) { Array($0) } + Array(text.utf8)
  }
}
