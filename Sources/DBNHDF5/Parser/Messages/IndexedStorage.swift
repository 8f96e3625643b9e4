internal import DBNTensors

/// The storage of a group's links, or an object's attributes, if there are many: a heap of
/// messages, and a tree with the heap ID of each.
///
/// Source: HDF5 File Format Specification 3.0, sections IV.A.2.c (links) and IV.A.2.v (attributes).
struct IndexedStorage {
  let heap: Int
  /// The address of the tree sorted by name.
  let tree: Int

  /// - Parameter orderByteCount: the size of the largest creation order, if it is tracked: 8 for
  ///   links, 2 for attributes.
  /// - Returns: nil if the messages are in the object header.
  init?(
    parsing reader: inout ByteReader, orderByteCount: Int, _ sizes: FieldSizes
  ) throws(CheckpointError) {
    try reader.readVersion(of: "the storage of links or attributes", in: 0...0)
    if try reader.read(UInt8.self) & 1 != 0 { try reader.skip(orderByteCount) }
    let heap = try reader.readAddress(sizes)
    let tree = try reader.readAddress(sizes)
    guard let heap, let tree else { return nil }
    self.heap = heap
    self.tree = tree
  }
}
