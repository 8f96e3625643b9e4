internal import DBNTensors

/// The newer kind of B-tree: nodes contain records of equal size, and have a checksum.
///
/// Source: HDF5 File Format Specification 3.0, section III.A.2.
struct VersionTwoTree {
  /// The type of the records.
  enum Kind: UInt8 {
    case hugeObjects = 1
    case linksByName = 5
    case attributesByName = 8
    case chunks = 10
    case filteredChunks = 11
  }

  private struct Node {
    let address: Int
    let recordCount: Int
    let depth: Int
  }

  let recordByteCount: Int
  let kind: Kind
  private(set) var records: [ByteReader] = []
  private var pending: [Node] = []
  private var visited: Set<Int> = []

  init(
    at address: Int, _ kinds: Set<Kind>, in file: inout MetadataFile
  ) throws(CheckpointError) {
    let sizes = file.sizes
    var head = try file.checkedReader(
      at: address, count: 22 + sizes.address + sizes.length, signature: "BTHD")
    try head.readVersion(of: "a tree", in: 0...0)
    let type = try head.read(UInt8.self)
    guard let kind = Kind(rawValue: type), kinds.contains(kind) else {
      throw .invalidMetadata("a tree has records of type \(type)", at: head.fileOffset)
    }
    self.kind = kind
    let nodeByteCount = try head.readCount(UInt32.self)
    recordByteCount = Int(try head.read(UInt16.self))
    let depth = Int(try head.read(UInt16.self))
    try head.skip(2)
    let root = try head.readAddress(sizes)
    let rootCount = Int(try head.read(UInt16.self))
    let shape = try NodeShape(
      nodeByteCount: nodeByteCount, recordByteCount: recordByteCount, depth: depth, sizes,
      at: head.fileOffset)
    if let root { pending = [Node(address: root, recordCount: rootCount, depth: depth)] }
    while let node = pending.popLast() { try read(node, shape, &file) }
  }

  private mutating func read(
    _ node: Node, _ shape: NodeShape, _ file: inout MetadataFile
  ) throws(CheckpointError) {
    guard visited.insert(node.address).inserted else {
      throw .invalidMetadata("a tree has a node twice", at: node.address)
    }
    let pointerByteCount = shape.pointerByteCount(atDepth: node.depth)
    let content =
      node.recordCount * recordByteCount
      + (node.depth == 0 ? 0 : (node.recordCount + 1) * pointerByteCount)
    guard content + NodeShape.overhead <= shape.nodeByteCount else {
      throw .invalidMetadata("a node of a tree has too many records", at: node.address)
    }
    var reader = try file.checkedReader(
      at: node.address, count: content + NodeShape.overhead,
      signature: node.depth == 0 ? "BTLF" : "BTIN")
    try reader.readVersion(of: "a node of a tree", in: 0...0)
    guard try reader.read(UInt8.self) == kind.rawValue else {
      throw .invalidMetadata("a tree has a node of another kind", at: node.address)
    }
    for _ in 0..<node.recordCount {
      records.append(ByteReader(try reader.readRegion(count: recordByteCount)))
    }
    try file.checkCount(records: records.count)
    guard node.depth > 0 else { return }
    for _ in 0...node.recordCount {
      let address = try reader.readAddress(of: "a node of a tree", file.sizes)
      let count = try reader.readCount(byteCount: shape.countByteCount)
      // The total number of records below it.
      try reader.skip(pointerByteCount - file.sizes.address - shape.countByteCount)
      pending.append(Node(address: address, recordCount: count, depth: node.depth - 1))
    }
  }
}

/// The widths of the counts in a tree's nodes, which follow from how many records fit.
private struct NodeShape {
  /// The bytes of a node's signature, version, type and checksum.
  static let overhead = 10
  /// Deeper trees would have more records than files have bytes.
  private static let depthLimit = 32

  let nodeByteCount: Int
  /// The bytes of a node's record count.
  let countByteCount: Int
  /// The bytes of a pointer in a node, by the node's depth.
  private var pointerByteCounts = [0]

  init(
    nodeByteCount: Int, recordByteCount: Int, depth: Int, _ sizes: FieldSizes, at offset: Int
  ) throws(CheckpointError) {
    self.nodeByteCount = nodeByteCount
    guard recordByteCount > 0, nodeByteCount > NodeShape.overhead, depth <= NodeShape.depthLimit
    else {
      throw .invalidMetadata(
        "a tree of depth \(depth) has nodes of \(nodeByteCount) and records of \(recordByteCount) "
          + "bytes", at: offset)
    }
    let capacity = nodeByteCount - NodeShape.overhead
    var mostBelow = capacity / recordByteCount
    countByteCount = mostBelow.byteCount
    var belowByteCount = 0
    for _ in 0..<depth {
      let pointer = sizes.address + countByteCount + belowByteCount
      pointerByteCounts.append(pointer)
      let most = max(0, capacity - pointer) / (recordByteCount + pointer)
      let (product, overflow) = (most + 1).multipliedReportingOverflow(by: mostBelow)
      let (sum, overflowsToo) = product.addingReportingOverflow(most)
      mostBelow = overflow || overflowsToo ? .max : sum
      belowByteCount = mostBelow.byteCount
    }
  }

  func pointerByteCount(atDepth depth: Int) -> Int { pointerByteCounts[depth] }
}

extension Int {
  /// The bytes needed for numbers up to this one, at least one.
  fileprivate var byteCount: Int { self == 0 ? 1 : (bitWidth - 1 - leadingZeroBitCount) / 8 + 1 }
}
