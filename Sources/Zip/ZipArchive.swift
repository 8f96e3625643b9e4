package import Tensors

/// A zip archive, read from its central directory; nothing is decompressed before it is asked for.
///
/// Reads what PyTorch and ordinary archivers write: stored and deflated records, zip64 sizes,
/// offsets and counts. Sizes and checksums come from the central directory, because PyTorch leaves
/// them out of the local headers. Source: PKWARE's APPNOTE.TXT 6.3.10.
package struct ZipArchive: Sendable {
  /// The records in the directory's order.
  package let entries: [ZipEntry]
  private let places: [String: Int]

  package init(_ file: ByteRegion) throws(CheckpointError) {
    let directory = try ZipDirectory(of: file)
    var entries: [ZipEntry] = []
    var places: [String: Int] = [:]
    // The directory has been found to have room for so many.
    entries.reserveCapacity(directory.count)
    places.reserveCapacity(directory.count)
    try directory.forEachHeader { header throws(CheckpointError) in
      guard places.updateValue(entries.count, forKey: header.name) == nil else {
        throw CheckpointError(.zipDuplicate, name: header.name, "is in the archive twice")
      }
      entries.append(try ZipEntry(header, in: file, endingBefore: directory.start))
    }
    try Self.refuseOverlaps(entries)
    self.entries = entries
    self.places = places
  }

  /// The record of this name.
  package subscript(name: String) -> ZipEntry? {
    places[name].map { entries[$0] }
  }

  /// Whether the bytes begin as a zip archive does, an empty one included.
  package static func recognises(_ file: ByteRegion) -> Bool {
    file.withBytes { bytes in
      bytes.withUnsafeBytes {
        $0.starts(with: [0x50, 0x4B, 3, 4]) || $0.starts(with: [0x50, 0x4B, 5, 6])
      }
    }
  }

  private static func refuseOverlaps(_ entries: [ZipEntry]) throws(CheckpointError) {
    let sorted = entries.sorted { $0.extent.lowerBound < $1.extent.lowerBound }
    for (first, second) in zip(sorted, sorted.dropFirst())
    where second.extent.lowerBound < first.extent.upperBound {
      // The one that stands later in the directory is the one that was added.
      let names = entries.map(\.name).filter { $0 == first.name || $0 == second.name }
      throw CheckpointError(
        .zipOverlap, name: names.last, offset: second.extent.lowerBound,
        "shares bytes with '\(names.first ?? "")'",
        advice: "the archive is damaged or made to deceive; get it again")
    }
  }
}
