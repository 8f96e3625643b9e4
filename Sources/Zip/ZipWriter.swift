package import Tensors

/// Writes a zip archive of stored records, laid out as PyTorch's own writer does: every payload at a
/// multiple of 64 bytes, checksums behind it, 64-bit fields only where they are needed.
///
/// Where a record lies depends on nothing but names and sizes, so that all records can be written
/// at once, and so that PyTorch can compute the place of one without reading its header
/// (`torch.utils.serialization.config.load.calculate_storage_offsets`).
/// Source: `caffe2/serialize/inline_container.cc`, PyTorch's copy of miniz, APPNOTE.TXT 6.3.10.
package struct ZipWriter {
  /// A record to be written: a name of less than 64 KiB, and its bytes.
  package struct Record: Sendable {
    package let name: String
    package let content: TensorStorage

    package init(_ name: String, _ content: TensorStorage) {
      self.name = name
      self.content = content
    }

    package init(_ name: String, _ content: [UInt8]) {
      self.init(name, TensorStorage(ByteRegion(content)))
    }
  }

  /// PyTorch's `.storage_alignment`, in bytes.
  package static let alignment = 64
  /// Bytes that are read, checked and written at a time: they stay in the processor's cache.
  private static let pieceSize = 1 << 20

  private let destination: FileDestination
  private var position = 0
  private var directory: [UInt8] = []
  private var count = 0

  package init(to destination: FileDestination) {
    self.destination = destination
  }

  /// Writes records behind those already there, on all cores.
  ///
  /// - Parameters:
  ///   - title: what a person knows a record's content by, for errors; nil: the record's name.
  ///   - progress: called from any thread with the number of bytes just written.
  /// - Returns: the CRC-32 of each.
  /// - Throws: `checksumMismatch`, `system`; the archive is then to be thrown away.
  package mutating func append(
    _ records: [Record], title: @Sendable (Record) -> String? = { _ in nil },
    progress: (@Sendable (Int) -> Void)? = nil
  ) throws(CheckpointError) -> [UInt32] {
    var placements: [ZipPlacement] = []
    placements.reserveCapacity(records.count)
    for record in records {
      let placement = ZipPlacement(record.name, record.content.byteCount, at: position)
      placements.append(placement)
      position = placement.end
    }
    let (destination, placed) = (destination, placements)
    let checksums = try concurrentMap(records.count) { index throws(CheckpointError) in
      let record = records[index]
      do throws(CheckpointError) {
        return try Self.write(record, at: placed[index], to: destination, progress)
      } catch {
        throw error.with(name: title(record) ?? record.name)
      }
    }
    for (placement, checksum) in zip(placements, checksums) {
      directory += placement.directoryHeader(crc32: checksum)
    }
    count += records.count
    return checksums
  }

  /// Writes the directory and the end of the archive.
  package consuming func finish() throws(CheckpointError) {
    directory += ZipEndRecord.bytes(count: count, size: directory.count, offset: position)
    try destination.write(directory.span.bytes, at: position)
  }

  private static func write(
    _ record: Record, at placement: ZipPlacement, to destination: FileDestination,
    _ progress: (@Sendable (Int) -> Void)?
  ) throws(CheckpointError) -> UInt32 {
    try destination.write(placement.localHeader.span.bytes, at: placement.offset)
    let payload = placement.payloadOffset
    let checksum = try record.content.forEachPiece(of: pieceSize) {
      start, bytes throws(CheckpointError) in
      try destination.write(bytes, at: payload + start)
      progress?(bytes.byteCount)
    }
    let descriptor = placement.descriptor(crc32: checksum)
    try destination.write(descriptor.span.bytes, at: payload + placement.size)
    return checksum
  }
}
