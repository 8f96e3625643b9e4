package import DBNTensors

/// Writes a zip archive of stored records, laid out as PyTorch's own writer does: every payload at
/// a multiple of 64 bytes, followed by its checksum, 64-bit fields only where needed.
///
/// The offset of a record depends only on names and sizes, so that all records can be written at
/// once, and PyTorch can compute a record's offset without reading its header
/// (`torch.utils.serialization.config.load.calculate_storage_offsets`). Source:
/// `caffe2/serialize/inline_container.cc`, PyTorch's copy of miniz, APPNOTE.TXT 6.3.10.
package struct ZipWriter {
  /// Records to be written: names of less than 64 KiB, and bytes. They are created on access, since
  /// there can be very many.
  package struct Records: Sendable {
    package let count: Int
    let name: @Sendable (Int) -> String
    let content: @Sendable (Int) -> TensorStorage

    package init(
      count: Int, name: @escaping @Sendable (Int) -> String,
      content: @escaping @Sendable (Int) -> TensorStorage
    ) {
      self.count = count
      self.name = name
      self.content = content
    }

    /// A few records.
    package init(_ records: [(name: String, content: TensorStorage)]) {
      let (names, contents) = (records.map(\.name), records.map(\.content))
      self.init(count: records.count, name: { names[$0] }, content: { contents[$0] })
    }
  }

  /// Written records: everything for their directory headers, without their bytes.
  private struct Written {
    let name: @Sendable (Int) -> String
    let sizes: [Int]
    let offsets: [Int]
    let checksums: [UInt32]

    func directoryHeader(_ index: Int) -> [UInt8] {
      ZipPlacement(name(index), sizes[index], at: offsets[index])
        .directoryHeader(crc32: checksums[index])
    }
  }

  /// PyTorch's `.storage_alignment`, in bytes.
  package static let alignment = 64
  /// The number of bytes read, checked and written at a time: they stay in the processor's cache.
  private static let pieceSize = 1 << 20
  /// The number of bytes of the directory written at a time.
  private static let directoryPieceSize = 1 << 16

  private let destination: FileDestination
  private var position = 0
  private var written: [Written] = []

  package init(to destination: FileDestination) {
    self.destination = destination
  }

  /// Appends records to those already written, on all cores.
  ///
  /// - Parameters:
  ///   - title: the name of a record's content for errors; nil: the record's name.
  ///   - counted: whether the records' bytes are reported as progress.
  /// - Throws: `checksumMismatch`, `system`; the archive must then be discarded.
  package mutating func append(
    _ records: Records, title: @Sendable (Int) -> String? = { _ in nil }, counted: Bool = false
  ) throws(CheckpointError) {
    let sizes = (0..<records.count).map { records.content($0).byteCount }
    var offsets: [Int] = []
    offsets.reserveCapacity(records.count)
    for index in 0..<records.count {
      offsets.append(position)
      position = ZipPlacement(records.name(index), sizes[index], at: position).end
    }
    let (destination, starts) = (counted ? destination : destination.uncounted, offsets)
    let budget = MemoryBudget.current
    let checksums = try concurrentMap(records.count) { index throws(CheckpointError) in
      do throws(CheckpointError) {
        return try Self.write(records, index, at: starts[index], to: destination, within: budget)
      } catch {
        throw error.with(name: title(index) ?? records.name(index))
      }
    }
    written.append(
      Written(name: records.name, sizes: sizes, offsets: offsets, checksums: checksums))
  }

  /// Calls `body` with the name and the CRC-32 of each record, in order.
  package func forEachRecord(_ body: (String, UInt32) -> Void) {
    for group in written {
      for (index, checksum) in group.checksums.enumerated() { body(group.name(index), checksum) }
    }
  }

  /// Writes the directory and the end of the archive.
  package consuming func finish() throws(CheckpointError) {
    let start = position
    var directory: [UInt8] = []
    for group in written {
      for index in group.offsets.indices {
        directory += group.directoryHeader(index)
        guard directory.count >= Self.directoryPieceSize else { continue }
        try write(directory)
        directory.removeAll(keepingCapacity: true)
      }
    }
    try write(directory)
    let count = written.reduce(0) { $0 + $1.offsets.count }
    try write(ZipEndRecord.bytes(count: count, size: position - start, offset: start))
  }

  private mutating func write(_ bytes: [UInt8]) throws(CheckpointError) {
    try destination.uncounted.write(bytes.span.bytes, at: position)
    position += bytes.count
  }

  private static func write(
    _ records: Records, _ index: Int, at offset: Int, to destination: FileDestination,
    within budget: MemoryBudget
  ) throws(CheckpointError) -> UInt32 {
    let content = records.content(index)
    let placement = ZipPlacement(records.name(index), content.byteCount, at: offset)
    try destination.uncounted.write(placement.localHeader.span.bytes, at: placement.offset)
    let payload = placement.payloadOffset
    let checksum = try content.crc32(pieces: pieceSize, within: budget) {
      start, bytes throws(CheckpointError) in
      try destination.write(bytes, at: payload + start)
    }
    let descriptor = placement.descriptor(crc32: checksum)
    try destination.uncounted.write(descriptor.span.bytes, at: payload + placement.size)
    return checksum
  }
}
