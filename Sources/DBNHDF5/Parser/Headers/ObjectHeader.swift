internal import DBNTensors

/// The description of a group, dataset or named type in the file: messages in a chain of blocks.
///
/// Source: HDF5 File Format Specification 3.0, section IV.A.1.
struct ObjectHeader {
  /// More messages than any writer makes: more than a few attributes or links are stored elsewhere.
  private static let messageLimit = 200_000

  /// The messages that are used here, in the file's order.
  private(set) var messages: [HeaderMessage] = []
  let address: Int
  /// Whether blocks are missing, because the file's end is.
  private(set) var isIncomplete = false
  private let sizes: FieldSizes
  /// All blocks that were found; how many of them are read or passed over; and where they are.
  private var pending: [Block] = []
  private var pendingStart = 0
  private var visited: Set<Int> = []

  private struct Block {
    let address: Int
    let byteCount: Int
  }

  init(at address: Int, in file: inout MetadataFile) throws(CheckpointError) {
    self.address = address
    sizes = file.sizes
    // The signature of version 2, or the version 1.
    var start = try file.reader(at: address, count: 4)
    if try start.read(UInt8.self) == 1 {
      try readVersion1(&file)
    } else {
      try readVersion2(&file)
    }
  }

  subscript(kind: HeaderMessage.Kind) -> HeaderMessage? { messages.first { $0.kind == kind } }

  private mutating func readVersion1(_ file: inout MetadataFile) throws(CheckpointError) {
    // Version, number of messages, references, size of the first block, and four bytes of padding.
    var prefix = try file.reader(at: address, count: 16)
    try prefix.skip(8)
    let byteCount = try prefix.readCount(UInt32.self)
    var block = try file.reader(at: address + 16, count: byteCount)
    try readMessages1(&block)
    while let next = try nextBlock(in: file) {
      var block = try file.reader(at: next.address, count: next.byteCount)
      try readMessages1(&block)
    }
  }

  private mutating func readMessages1(_ reader: inout ByteReader) throws(CheckpointError) {
    while reader.remaining >= 8 {
      let type = try reader.read(UInt16.self)
      let byteCount = try reader.readCount(UInt16.self)
      let flags = try reader.read(UInt8.self)
      try reader.skip(3)
      try add(type, flags, try reader.readRegion(count: byteCount))
    }
  }

  private mutating func readVersion2(_ file: inout MetadataFile) throws(CheckpointError) {
    // Signature, version, flags, times, limits of compact attributes, size: at most 34 bytes.
    var prefix = try file.reader(at: address, count: 6, signature: "OHDR")
    try prefix.readVersion(of: "an object header", in: 2...2)
    let flags = try prefix.read(UInt8.self)
    let optional = (flags & 0x20 == 0 ? 0 : 16) + (flags & 0x10 == 0 ? 0 : 4)
    let sizeByteCount = 1 << Int(flags & 3)
    var size = try file.reader(at: address + 6 + optional, count: sizeByteCount)
    let byteCount = try size.readCount(byteCount: sizeByteCount)
    let start = 6 + optional + sizeByteCount
    guard byteCount <= file.file.count else {
      throw .invalidMetadata(
        "an object header has \(byteCount) bytes, more than the file", at: prefix.fileOffset)
    }
    var block = try file.checkedReader(
      at: address, count: start + byteCount + 4, signature: "OHDR")
    try block.seek(to: start)
    try readMessages2(&block, flags)
    while let next = try nextBlock(in: file) {
      var block = try file.checkedReader(
        at: next.address, count: next.byteCount, signature: "OCHK")
      try readMessages2(&block, flags)
    }
  }

  /// Reads the messages up to the checksum, or up to a gap that is too small for another message.
  private mutating func readMessages2(
    _ reader: inout ByteReader, _ flags: UInt8
  ) throws(CheckpointError) {
    let orderByteCount = flags & 0x04 == 0 ? 0 : 2
    while reader.remaining >= 4 + orderByteCount + 4 {
      let type = UInt16(try reader.read(UInt8.self))
      let byteCount = try reader.readCount(UInt16.self)
      let flags = try reader.read(UInt8.self)
      try reader.skip(orderByteCount)
      guard byteCount <= reader.remaining - 4 else {
        throw .invalidMetadata("a message is longer than its header", at: reader.fileOffset)
      }
      try add(type, flags, try reader.readRegion(count: byteCount))
    }
  }

  private mutating func add(
    _ type: UInt16, _ flags: UInt8, _ body: ByteRegion
  ) throws(CheckpointError) {
    guard let message = try HeaderMessage(type: type, flags: flags, body: body) else { return }
    guard messages.count + pending.count < ObjectHeader.messageLimit else {
      throw CheckpointError(
        .limitExceeded, offset: body.fileOffset, "an object has too many messages")
    }
    guard message.kind == .continuation else { return messages.append(message) }
    var reader = ByteReader(body)
    pending.append(
      Block(
        address: try reader.readAddress(of: "the rest of an object header", sizes),
        byteCount: try reader.readLength(sizes)))
  }

  /// The next block; of a file that is salvaged, the next that is in the file.
  private mutating func nextBlock(in file: MetadataFile) throws(CheckpointError) -> Block? {
    while file.salvages, pendingStart < pending.count,
      !file.contains(
        pending[pendingStart].address, byteCount: pending[pendingStart].byteCount)
    {
      isIncomplete = true
      pendingStart += 1
    }
    guard pendingStart < pending.count else { return nil }
    let block = pending[pendingStart]
    pendingStart += 1
    guard visited.insert(block.address).inserted else {
      throw .invalidMetadata("an object header continues itself", at: block.address)
    }
    return block
  }
}
