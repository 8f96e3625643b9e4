package import DBNTensors

/// A zip archive, read from its central directory; nothing is decompressed before it is needed.
///
/// Reads what PyTorch and ordinary archivers write: stored and deflated records, zip64 sizes,
/// offsets and counts. Sizes and checksums come from the central directory, because PyTorch omits
/// them from the local headers. Source: PKWARE's APPNOTE.TXT 6.3.10.
package struct ZipArchive: Sendable {
  /// The records in the directory's order.
  package let entries: ZipEntries
  /// Of a salvaged archive, what is left of the record at its end: all of its content or a part, and
  /// nothing says which. nil if there is none.
  package let remnant: ZipEntry?
  /// Whether the archive has no directory, so that records can be missing.
  package let isSalvaged: Bool

  package init(_ file: ByteRegion) throws(CheckpointError) {
    FileEvent.report(.parsedZipDirectory, file)
    let directory = try ZipDirectory(of: file)
    var entries = ZipEntries(of: file)
    var extents: [Range<Int>] = []
    // The count is safe to use: it was checked against the directory's size.
    entries.reserveCapacity(
      directory.count,
      nameByteCount: directory.region.count - directory.count * ZipHeader.minimumSize)
    extents.reserveCapacity(directory.count)
    try directory.forEachHeader { header throws(CheckpointError) in
      let (entry, extent) = try ZipEntry.read(header, in: file, endingBefore: directory.start)
      guard entries.append(entry) else {
        throw CheckpointError(.zipDuplicate, name: header.name, "is in the archive twice")
      }
      extents.append(extent)
    }
    directory.region.release()
    try Self.refuseOverlaps(extents, of: entries)
    self.entries = entries
    (remnant, isSalvaged) = (nil, false)
  }

  init(salvaged entries: ZipEntries, remnant: ZipEntry?) {
    self.entries = entries
    self.remnant = remnant
    isSalvaged = true
  }

  /// The record of this name.
  package subscript(name: String) -> ZipEntry? { entries[name] }

  /// Whether the bytes begin like a zip archive, including an empty archive.
  package static func recognises(_ file: ByteRegion) -> Bool {
    file.withBytes { bytes in
      bytes.withUnsafeBytes {
        $0.starts(with: [0x50, 0x4B, 3, 4]) || $0.starts(with: [0x50, 0x4B, 5, 6])
      }
    }
  }

  /// - Parameter extents: the bytes of each record in the archive, including its local header.
  private static func refuseOverlaps(
    _ extents: [Range<Int>], of entries: ZipEntries
  ) throws(CheckpointError) {
    // Nearly always they are in the directory's order.
    let areInOrder = zip(extents, extents.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }
    guard !areInOrder else { return }
    let sorted = extents.indices.sorted { extents[$0].lowerBound < extents[$1].lowerBound }
    for (first, second) in zip(sorted, sorted.dropFirst())
    where extents[second].lowerBound < extents[first].upperBound {
      // The record later in the directory is taken as the one that was added.
      throw CheckpointError(
        .zipOverlap, name: entries[max(first, second)].name, offset: extents[second].lowerBound,
        "shares bytes with '\(entries[min(first, second)].name)'",
        advice: "the archive is damaged or malicious; get it again")
    }
  }
}
