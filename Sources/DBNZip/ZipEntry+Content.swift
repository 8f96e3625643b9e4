package import DBNTensors

extension ZipEntry {
  /// The content, in place if it is stored uncompressed, checked against its checksum.
  package func content() throws(CheckpointError) -> ByteRegion {
    let content = try uncheckedContent()
    let found = content.withBytes { CRC32.of($0) }
    guard crc32 == nil || crc32 == found else {
      throw CheckpointError(
        .checksumMismatch, name: name, offset: payload.fileOffset,
        "has CRC-32 \(found.hexadecimal), not \(crc32?.hexadecimal ?? "") as recorded",
        advice: "the file is damaged or was edited; get it again")
    }
    return content
  }

  /// The content as a tensor's bytes: in place, or decompressed on each read; the checksum is
  /// compared then.
  ///
  /// - Parameters:
  ///   - title: the name for errors; nil: the record's name. A name of up to 15 bytes takes no extra
  ///     memory.
  ///   - others: whether the archive has checksums of other records, so that one which is not there
  ///     was left out.
  package func storage(
    named title: String? = nil, othersHaveChecksums others: Bool = false
  ) -> TensorStorage {
    let title = title ?? name
    switch method {
    case .stored:
      let place: ChecksumPlace = crc32 == nil && others ? .leftOut : .archive
      return TensorStorage(payload, crc32: crc32, in: place, record: title)
    case .deflated:
      let bytes = DeflatedBytes(payload, byteCount: size, record: title)
      return TensorStorage(bytes, crc32: crc32, record: title)
    }
  }

  /// The content of a deflated record after its first bytes.
  package func deflated(skipping skipped: Int = 0) -> DeflatedBytes {
    DeflatedBytes(payload, byteCount: size, skipping: skipped, record: name)
  }

  /// The content, whatever its checksum.
  package func uncheckedContent() throws(CheckpointError) -> ByteRegion {
    switch method {
    case .stored: payload
    case .deflated: try inflated()
    }
  }

  private func inflated() throws(CheckpointError) -> ByteRegion {
    do throws(CheckpointError) {
      try Budget.current(for: payload).spend(size, on: .decompressed)
    } catch {
      throw error.with(name: name)
    }
    return try deflated().inflated()
  }
}
