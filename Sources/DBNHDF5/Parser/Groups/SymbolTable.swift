internal import DBNTensors

/// The older storage of a group's links: a tree of nodes with entries, and a heap of names.
///
/// Source: HDF5 File Format Specification 3.0, sections III.B, III.C and IV.A.2.r.
struct SymbolTable {
  let links: [ParsedLink]

  private static let softLinkCache: UInt32 = 2

  /// - Parameter message: the symbol table message of the group.
  init(
    parsing message: inout ByteReader, in file: inout MetadataFile
  ) throws(CheckpointError) {
    let tree = try message.readAddress(of: "a group", file.sizes)
    let heapAddress = try message.readAddress(of: "a group's names", file.sizes)
    let heap = try LocalHeap(at: heapAddress, in: &file)
    var links: [ParsedLink] = []
    for entry in try VersionOneTree(ofGroupAt: tree, in: &file).entries {
      try SymbolTable.read(nodeAt: entry.address, heap, in: &file, &links)
    }
    self.links = links
  }

  private static func read(
    nodeAt address: Int, _ heap: LocalHeap, in file: inout MetadataFile,
    _ links: inout [ParsedLink]
  ) throws(CheckpointError) {
    var head = try file.reader(at: address, count: 8, signature: "SNOD")
    try head.readVersion(of: "a group's entries", in: 1...1)
    try head.skip(1)
    let count = Int(try head.read(UInt16.self))
    let entryByteCount = file.sizes.length + file.sizes.address + 24
    var reader = try file.reader(at: address + 8, count: count * entryByteCount)
    for _ in 0..<count {
      let name = try heap.text(at: reader.readLength(file.sizes))
      try file.spend(name.count, at: reader.fileOffset)
      let object = try reader.readAddress(file.sizes)
      let cache = try reader.read(UInt32.self)
      try reader.skip(4)
      let scratch = try reader.readCount(UInt32.self)
      try reader.skip(12)
      let target: ParsedLink.Target
      if cache == softLinkCache {
        let path = try heap.text(at: scratch)
        try file.spend(path.count, at: reader.fileOffset)
        target = .soft(ParsedLink.path(path[...]))
      } else {
        target = .hard(try object.orInvalid(at: reader.fileOffset))
      }
      links.append(ParsedLink(name: name, target: target))
    }
  }
}

extension Int? {
  fileprivate func orInvalid(at offset: Int) throws(CheckpointError) -> Int {
    guard let self else { throw .invalidMetadata("a link has no address", at: offset) }
    return self
  }
}

/// The link names of a group with a symbol table.
///
/// Source: HDF5 File Format Specification 3.0, section III.D.
private struct LocalHeap {
  private let data: ByteRegion

  init(at address: Int, in file: inout MetadataFile) throws(CheckpointError) {
    var reader = try file.reader(
      at: address, count: 8 + 2 * file.sizes.length + file.sizes.address, signature: "HEAP")
    try reader.readVersion(of: "a heap of names", in: 0...0)
    try reader.skip(3)
    let byteCount = try reader.readLength(file.sizes)
    _ = try reader.readLength(file.sizes)
    let start = try reader.readAddress(of: "a heap of names", file.sizes)
    data = try file.reader(at: start, count: byteCount).region
  }

  /// The bytes from the offset to the next NUL.
  func text(at offset: Int) throws(CheckpointError) -> [UInt8] {
    let rest = try data.slice(from: offset, count: max(0, data.count - offset))
    let length = rest.withBytes { bytes in
      bytes.withUnsafeBytes { $0.firstIndex(of: 0) }
    }
    guard let length else {
      throw .invalidMetadata("a name is not terminated", at: rest.fileOffset)
    }
    return try rest.slice(from: 0, count: length).array
  }
}
