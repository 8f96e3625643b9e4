package import DBNTensors

/// A zip archive, read from its central directory; nothing is decompressed before it is asked for.
///
/// Reads what PyTorch and ordinary archivers write: stored and deflated records, zip64 sizes,
/// offsets and counts. Sizes and checksums come from the central directory, because PyTorch leaves
/// them out of the local headers. Source: PKWARE's APPNOTE.TXT 6.3.10.
package struct ZipArchive: Sendable {
  /// The records in the directory's order.
  package let entries: ZipEntries

  package init(_ file: ByteRegion) throws(CheckpointError) {
    FileEvent.report(.parsedZipDirectory, file)
    let directory = try ZipDirectory(of: file)
    var entries = ZipEntries(of: file)
    var extents: [Range<Int>] = []
    // The directory has been found to have room for so many.
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
  }

  /// The record of this name.
  package subscript(name: String) -> ZipEntry? { entries[name] }

  /// Whether the bytes begin as a zip archive does, an empty one included.
  package static func recognises(_ file: ByteRegion) -> Bool {
    file.withBytes { bytes in
      bytes.withUnsafeBytes {
        $0.starts(with: [0x50, 0x4B, 3, 4]) || $0.starts(with: [0x50, 0x4B, 5, 6])
      }
    }
  }

  /// - Parameter extents: what each record takes of the archive, its local header included.
  private static func refuseOverlaps(
    _ extents: [Range<Int>], of entries: ZipEntries
  ) throws(CheckpointError) {
    // Nearly always they lie in the directory's order.
    let areInOrder = zip(extents, extents.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }
    guard !areInOrder else { return }
    let sorted = extents.indices.sorted { extents[$0].lowerBound < extents[$1].lowerBound }
    for (first, second) in zip(sorted, sorted.dropFirst())
    where extents[second].lowerBound < extents[first].upperBound {
      // The one that stands later in the directory is the one that was added.
      throw CheckpointError(
        .zipOverlap, name: entries[max(first, second)].name, offset: extents[second].lowerBound,
        "shares bytes with '\(entries[min(first, second)].name)'",
        advice: "the archive is damaged or made to deceive; get it again")
    }
  }
}
