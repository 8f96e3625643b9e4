internal import DBNTensors

/// The storage of a group's links, or an object's attributes, if they are many: a heap of messages,
/// and a tree that has the address of each.
///
/// Source: HDF5 File Format Specification 3.0, sections IV.A.2.c (links) and IV.A.2.v (attributes).
struct IndexedStorage {
  let heap: Int
  /// The tree by name.
  let tree: Int

  /// - Parameter orderByteCount: of the largest creation order, where it is tracked: 8 for links,
  ///   2 for attributes.
  /// - Returns: nil when the messages lie in the object header.
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
