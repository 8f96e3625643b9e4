package import DBNTensors

/// Limits on what a file may declare beyond what it stores.
package enum HDF5Limits {
  /// The total bytes of elements that were never written and so take no space in the file. They
  /// need no memory, but a converted file has them all: a small file must not fill a disk.
  package static let unwrittenBytes = 1 << 40
  /// The number of soft links followed on the way to one object; libhdf5's default.
  package static let softLinks = 16

  /// The number of chunks in all datasets: 64 GiB in chunks of 64 KiB.
  package static let chunks = 1 << 20

  /// The bytes of the positions of all chunks, a number for each dimension: a chunk can have one byte
  /// and 32 dimensions.
  package static func positionBytes(fileByteCount: Int) -> Int { (16 << 20) + 16 * fileByteCount }

  /// The bytes of structures that may be read; a structure counts each time it is read. No file
  /// needs to be read completely, but the reader reads some structures twice.
  package static func metadataBytes(fileByteCount: Int) -> Int { (64 << 20) + 2 * fileByteCount }

  /// The entries that may be reached through this many links. A group with several links to it
  /// counts once for each, and 100 links can make 2^50 paths.
  package static func entries(links: Int) -> Int { 1000 + 16 * links }
}

extension Catalog {
  /// The largest number of entries in the tree of values.
  package var entryLimit: Int {
    HDF5Limits.entries(links: groups.reduce(0) { $0 + $1.links.count })
  }

  /// Refuses datasets that are outside the file or declare more bytes than the file stores,
  /// individually or in total; marks those that can't be read for another reason as unreadable.
  package mutating func validate(fileByteCount: Int) throws(CheckpointError) {
    var budget = Budget(fileByteCount: fileByteCount)
    for index in datasets.indices {
      do throws(CheckpointError) {
        try datasets[index].validateType()
        try datasets[index].validateExtent(&budget)
      } catch {
        guard sets(aside: error) else { throw error }
        datasets[index].extent = .unreadable(error)
      }
    }
  }
}

extension Catalog.Dataset {
  fileprivate func validateType() throws(CheckpointError) {
    guard case .unsupported(let words) = type else { return }
    throw CheckpointError(
      .unsupportedElementType, name: path, "has elements of a type that no tensor has: \(words)",
      advice: "write its numbers as plain datasets, each value of a compound as one of its own")
  }

  fileprivate func validateExtent(_ budget: inout Budget) throws(CheckpointError) {
    switch extent {
    case .none, .compact, .strings: break
    case .unreadable(let error): throw error
    case .contiguous(let offset, let byteCount):
      try validate(reserved: byteCount, offset)
      try budget.spend(storedAt: offset, byteCount, for: path)
    case .unwritten(let fill):
      let byteCount = try? Tensor.byteCount(of: .uint8, shape: (shape ?? []) + [fill.count])
      try budget.spend(unwritten: byteCount ?? .max, for: path)
    case .chunked(let chunks):
      let dataset = try ChunkedDataset(chunks, of: self)
      for chunk in chunks.chunks {
        try budget.spend(storedAt: chunk.offset, chunk.byteCount, for: path)
      }
      try budget.spend(
        unwritten: dataset.unwrittenByteCount + dataset.impliedByteCount, for: path)
    case .external:
      throw CheckpointError(
        .externalStorage, name: path, "has external storage: its bytes lie in another file",
        advice: "copy the dataset into this file")
    case .virtual:
      throw CheckpointError(
        .virtualDataset, name: path,
        "is a virtual dataset: its values lie in other datasets or "
          + "files", advice: "copy the values into a plain dataset")
    case .unsupported(let words):
      throw CheckpointError(
        .unsupportedLayout, name: path, "is stored as \(words), which is not read",
        advice: "write it as a contiguous dataset, without compression")
    }
  }

  private func validate(reserved: Int, _ offset: Int) throws(CheckpointError) {
    let needed = try? Tensor.byteCount(of: .uint8, shape: (shape ?? []) + [type.byteCount ?? 0])
    guard needed == reserved else {
      throw CheckpointError(
        .inconsistentTensor, name: path, offset: offset,
        "its shape \(shape ?? []) and type do not fit the \(reserved) bytes it has in the file",
        advice: "the file is damaged; get it again")
    }
  }
}

/// The bytes that the datasets of a file may still declare.
private struct Budget {
  let fileByteCount: Int
  var stored: Int
  var unwritten = HDF5Limits.unwrittenBytes

  init(fileByteCount: Int) {
    self.fileByteCount = fileByteCount
    stored = fileByteCount
  }

  mutating func spend(
    storedAt offset: Int, _ byteCount: Int, for name: String
  ) throws(CheckpointError) {
    guard offset >= 0, byteCount <= fileByteCount, offset <= fileByteCount - byteCount else {
      throw CheckpointError(
        .extentOutsideFile, name: name, offset: offset,
        "its \(byteCount) bytes do not lie within the file, which has \(fileByteCount)",
        advice: "the file is cut short or damaged; get it again")
    }
    guard byteCount <= stored else {
      throw CheckpointError(
        .declaredTooLarge, name: name, offset: offset,
        "the datasets up to this one claim more bytes than the file has: some share their bytes",
        advice: "the file is damaged or malicious; get it again from its source")
    }
    stored -= byteCount
  }

  mutating func spend(unwritten byteCount: Int, for name: String) throws(CheckpointError) {
    guard byteCount <= unwritten else {
      throw CheckpointError(
        .unwritten, name: name,
        "has values that were never written, more than the \(HDF5Limits.unwrittenBytes) bytes "
          + "that are read of such values",
        advice: "write the values, or remove the dataset")
    }
    unwritten -= byteCount
  }
}
