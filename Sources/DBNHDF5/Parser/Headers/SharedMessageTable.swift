internal import DBNTensors

/// The messages that many objects of a file have in common, in heaps by kind.
///
/// Source: HDF5 File Format Specification 3.0, sections III.I and IV.A.2.p.
struct SharedMessageTable {
  private struct Index {
    /// Bit `n` is set for messages of type `n`.
    let kinds: UInt16
    var heap: FractalHeap
  }

  private var indices: [Index] = []

  /// - Parameter message: the message in the superblock's extension.
  init(parsing message: inout ByteReader, in file: inout MetadataFile) throws(CheckpointError) {
    let sizes = file.sizes
    try message.readVersion(of: "the location of shared messages", in: 0...0)
    let address = try message.readAddress(of: "the table of shared messages", sizes)
    let count = Int(try message.read(UInt8.self))
    var reader = try file.checkedReader(
      at: address, count: 4 + count * (14 + 2 * sizes.address) + 4, signature: "SMTB")
    for _ in 0..<count {
      try reader.readVersion(of: "an index of shared messages", in: 0...1)
      try reader.skip(1)
      let kinds = try reader.read(UInt16.self)
      // Sizes at which the index changes, the number of messages, and the address of the index.
      try reader.skip(10)
      _ = try reader.readAddress(sizes)
      guard let heap = try reader.readAddress(sizes) else { continue }
      indices.append(Index(kinds: kinds, heap: try FractalHeap(at: heap, in: &file)))
    }
  }

  /// The message with an ID in the heap for its kind.
  mutating func message(
    _ id: ByteReader, _ kind: HeaderMessage.Kind, in file: inout MetadataFile
  ) throws(CheckpointError) -> ByteRegion {
    let index = indices.firstIndex { $0.kinds >> kind.rawValue & 1 != 0 }
    guard let index else {
      throw .invalidMetadata("the file has no shared messages of this kind", at: id.fileOffset)
    }
    return try indices[index].heap.object(id, in: &file)
  }
}
