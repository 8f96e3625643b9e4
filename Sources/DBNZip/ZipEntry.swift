package import DBNTensors

/// A record of a zip archive.
package struct ZipEntry: Sendable {
  package enum Method: Sendable {
    case stored
    case deflated
  }

  package let name: String
  package let method: Method
  /// The size of the content, decompressed.
  package let size: Int
  /// The checksum of the content. nil if the archive has 0, which PyTorch writes when it is set not
  /// to compute checksums.
  package let crc32: UInt32?
  /// The bytes as they are stored in the file.
  package let payload: ByteRegion

  /// The record of a header, and its bytes in the archive, including the local header.
  static func read(
    _ header: ZipHeader, in file: ByteRegion, endingBefore limit: Int
  ) throws(CheckpointError) -> (entry: ZipEntry, extent: Range<Int>) {
    let method = try Self.method(of: header)
    try Self.checkSizes(of: header, method: method)
    let payload = try Self.payload(of: header, in: file, endingBefore: limit)
    let entry = ZipEntry(
      name: header.name, method: method, size: header.size,
      crc32: header.crc32 == 0 ? nil : header.crc32, payload: payload)
    // The archive can be a part of a file.
    let end = payload.fileOffset - file.fileOffset + payload.count
    return (entry, header.localHeaderOffset..<end)
  }

  private static func method(of header: ZipHeader) throws(CheckpointError) -> Method {
    // Bit 0 is encryption, 6 strong encryption, 13 an encrypted directory.
    guard header.flags & 0x2041 == 0 else {
      throw CheckpointError(
        .zipEncrypted, name: header.name, "is encrypted",
        advice: "unpack the archive with its password and zip it again without one")
    }
    switch header.method {
    case 0: return .stored
    case 8: return .deflated
    default:
      throw CheckpointError(
        .zipMethod, name: header.name,
        "is compressed with method \(header.method); only stored and deflated records can be read",
        advice: "unpack the archive and zip it again with 'zip -0 -r'")
    }
  }

  private static func checkSizes(
    of header: ZipHeader, method: Method
  ) throws(CheckpointError) {
    let fits =
      switch method {
      case .stored: header.size == header.compressedSize
      case .deflated: header.size / Inflate.maximumRatio <= header.compressedSize
      }
    guard fits else {
      throw CheckpointError(
        .zipSize, name: header.name,
        "its \(header.compressedSize) bytes in the archive cannot hold the declared \(header.size)",
        advice: "the archive is damaged or malicious; get it again")
    }
  }

  /// Finds the content after the local header, which must be the record's own.
  private static func payload(
    of header: ZipHeader, in file: ByteRegion, endingBefore limit: Int
  ) throws(CheckpointError) -> ByteRegion {
    do throws(CheckpointError) {
      var reader = ByteReader(try file.slice(from: 0, count: limit))
      try reader.seek(to: header.localHeaderOffset)
      try skipLocalHeader(of: header, in: &reader)
      try file.slice(from: header.localHeaderOffset, count: 0).release()
      return try reader.readRegion(count: header.compressedSize)
    } catch  where error.code == .truncated {
      throw CheckpointError(
        .zipBounds, name: header.name, offset: file.fileOffset + header.localHeaderOffset,
        "the record extends beyond the archive's content, which ends at byte \(limit)",
        advice: "the file is cut short or damaged; get it again")
    }
  }

  private static func skipLocalHeader(
    of header: ZipHeader, in reader: inout ByteReader
  ) throws(CheckpointError) {
    let signature = try reader.read(UInt32.self)
    try reader.skip(22)
    let nameLength = try reader.readCount(UInt16.self)
    let extraLength = try reader.readCount(UInt16.self)
    let name = try reader.readRegion(count: nameLength)
    guard signature == 0x0403_4B50, name.holds(header.name) else {
      throw CheckpointError(
        .zipLocalHeader, name: header.name, offset: header.localHeaderOffset,
        "the record is not where the directory says",
        advice: "the archive is damaged or malicious; get it again")
    }
    try reader.skip(extraLength)
  }
}

extension ByteRegion {
  /// Whether the bytes are this text.
  fileprivate func holds(_ text: String) -> Bool {
    withBytes { bytes in bytes.withUnsafeBytes { $0.elementsEqual(text.utf8) } }
  }
}
