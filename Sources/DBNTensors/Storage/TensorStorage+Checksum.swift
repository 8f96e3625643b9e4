extension TensorStorage {
  /// The advice for a wrong checksum, unless the format has its own.
  package static let damageAdvice: Guidance =
    "the file is damaged or was edited; get it again"

  /// Whether the file has a checksum of these bytes, or of bytes that they are part of or computed
  /// from.
  public var hasChecksum: Bool { checksum.recorded != nil || source.hasChecksum }

  /// Whether the file holds values for the bytes.
  package var storedValues: StoredValues {
    checksum.place == .leftOut ? .absentIfZero : source.storedValues
  }

  /// The CRC-32 of the bytes, computed once.
  ///
  /// - Throws: `checksumMismatch`, as `withBytes`.
  public func crc32() throws(CheckpointError) -> UInt32 {
    if let known = checksum.known { return known }
    return try crc32(pieces: Self.pieceByteCount) { _, _ in }
  }

  /// Reads all bytes, as `read(pieces:)` does, and computes their CRC-32 meanwhile: one pass over
  /// memory for a copy and its checksum.
  package func crc32(
    pieces size: Int, within budget: MemoryBudget? = nil,
    _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) -> UInt32 {
    try withRoom(in: budget) { () throws(CheckpointError) in
      try CheckedBytes(storage: self).crc32(pieces: size, body)
    }
  }

  /// Compares the checksum of the bytes with the recorded one, if there is one.
  func check() throws(CheckpointError) {
    if checksum.recorded != nil { _ = try crc32() }
  }

  /// Compares the checksum of the bytes, which the caller has computed, with the recorded one.
  package func accept(_ crc32: UInt32) throws(CheckpointError) -> UInt32 {
    if let recorded = checksum.recorded, recorded != crc32 {
      throw CheckpointError(
        .checksumMismatch, path: origin?.path, offset: origin?.fileOffset,
        "\(record.map { "'\($0)'" } ?? "the bytes") should have CRC-32 \(recorded.hexadecimal) but "
          + "\(record == nil ? "have" : "has") \(crc32.hexadecimal)",
        advice: checksum.place.damageAdvice)
    }
    checksum.note(crc32)
    return crc32
  }
}
