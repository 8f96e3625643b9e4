internal import DBNTensors

/// The older kind of B-tree, for the symbol table nodes of a group or the chunks of a dataset.
///
/// Source: HDF5 File Format Specification 3.0, section III.A.1.
struct VersionOneTree {
  /// A key in a leaf, and the address that it points to.
  struct Entry {
    let key: ByteReader
    let address: Int
  }

  private struct Node {
    let address: Int
    /// The expected level; nil for the root, which may have any.
    let level: Int?
  }

  private let type: UInt8
  private let keyByteCount: Int
  private var pending: [Node]
  private var visited: Set<Int> = []
  private(set) var entries: [Entry] = []

  /// Reads a tree of groups.
  init(ofGroupAt address: Int, in file: inout MetadataFile) throws(CheckpointError) {
    try self.init(address, type: 0, keyByteCount: file.sizes.length, in: &file)
  }

  /// Reads a tree of chunks with this number of dimensions, not counting the element size.
  init(
    ofChunksAt address: Int, rank: Int, in file: inout MetadataFile
  ) throws(CheckpointError) {
    try self.init(address, type: 1, keyByteCount: 8 + 8 * (rank + 1), in: &file)
  }

  private init(
    _ address: Int, type: UInt8, keyByteCount: Int, in file: inout MetadataFile
  ) throws(CheckpointError) {
    self.type = type
    self.keyByteCount = keyByteCount
    pending = [Node(address: address, level: nil)]
    while let node = pending.popLast() { try read(node, &file) }
  }

  private mutating func read(
    _ node: Node, _ file: inout MetadataFile
  ) throws(CheckpointError) {
    guard visited.insert(node.address).inserted else {
      throw .invalidMetadata("a tree has a node twice", at: node.address)
    }
    let headByteCount = 8 + 2 * file.sizes.address
    var head = try file.reader(at: node.address, count: headByteCount, signature: "TREE")
    let type = try head.read(UInt8.self)
    let level = Int(try head.read(UInt8.self))
    let count = Int(try head.read(UInt16.self))
    guard type == self.type, node.level == nil || node.level == level else {
      throw .invalidMetadata("a tree has a node of another kind", at: node.address)
    }
    var reader = try file.reader(
      at: node.address + headByteCount, count: count * (keyByteCount + file.sizes.address))
    var children: [Node] = []
    for _ in 0..<count {
      let key = ByteReader(try reader.readRegion(count: keyByteCount))
      let address = try reader.readAddress(of: "a node of a tree", file.sizes)
      if level == 0 {
        entries.append(Entry(key: key, address: address))
      } else {
        children.append(Node(address: address, level: level - 1))
      }
    }
    try file.checkCount(records: entries.count)
    // The last element is popped first, so that nodes are read in the file's order.
    pending += children.reversed()
  }
}
