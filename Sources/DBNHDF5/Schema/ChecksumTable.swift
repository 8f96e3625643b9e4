internal import DBNTensors

/// The attribute `checksums`: the CRC-32 of each tensor's bytes by its path.
struct ChecksumTable {
  private var paths = StringArena()
  private var indexesByPath = HashIndex()
  /// The checksum of each path, by index; nil once it has been taken.
  private var checksums: [UInt32?] = []

  /// Makes an empty table.
  init() {}

  init(parsing text: String) throws(CheckpointError) {
    var parser = JSONParser(ByteRegion(Array(text.utf8)))
    guard text.utf8.first(where: { !" \n\r\t".utf8.contains($0) }) == UInt8(ascii: "{") else {
      _ = try JSON(parsing: text)
      throw SchemaReader.violation("/", "has an attribute `checksums` that is not a JSON object")
    }
    parser.skipSpace()
    try parser.parseObject { parser, path throws(CheckpointError) in
      guard enter(path) else {
        throw parser.duplicate(path)
      }
      checksums.makeRoom(for: 1)
      checksums.append(try ChecksumTable.checksum(parser.parseValue(), of: path))
    }
    try parser.expectEnd()
  }

  private static func checksum(_ value: JSON, of path: String) throws(CheckpointError) -> UInt32 {
    guard let digits = value.string, digits.utf8.count == 8,
      let checksum = UInt32(digits, radix: 16)
    else { throw SchemaReader.violation(path, "has a checksum that is not 8 hexadecimal digits") }
    return checksum
  }

  /// Inserts a path if it is absent.
  ///
  /// - Returns: false if the path was already present.
  private mutating func enter(_ path: String) -> Bool {
    let known = indexesByPath.insertIfAbsent(
      hash: path.hashOfUTF8, where: { paths.has(path, at: $0) },
      hashOf: { paths.hash(at: $0) })
    if known == nil { paths.append(path) }
    return known == nil
  }

  /// Removes and returns the checksum for a path.
  mutating func take(_ path: String) -> UInt32? {
    let index = indexesByPath.index(hash: path.hashOfUTF8) { paths.has(path, at: $0) }
    return index.flatMap { exchange(&checksums[$0], with: nil) }
  }

  /// The alphabetically first path whose checksum was not taken.
  var firstUnused: String? {
    checksums.indices.lazy.filter { checksums[$0] != nil }.map { paths[$0] }.min()
  }
}
