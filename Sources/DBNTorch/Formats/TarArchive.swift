import DBNTensors

/// A tar archive as Python's `tarfile` writes it: the bytes of its members by name, backed by the
/// file.
///
/// Source: POSIX.1-2017, `pax`, "ustar Interchange Format" and "pax Interchange Format".
struct TarArchive {
  private static let blockSize = 512
  private var members: [String: ByteRegion] = [:]

  static func recognises(_ file: ByteRegion) -> Bool {
    (try? file.slice(from: 257, count: 5).array) == Array("ustar".utf8)
  }

  init(_ file: ByteRegion) throws(CheckpointError) {
    var reader = ByteReader(file)
    var size: Int?
    while let header = try TarHeader(parsing: &reader) {
      // The size in a pax header applies to the member that follows.
      let content = try reader.readRegion(count: header.isFile ? size ?? header.size : header.size)
      try reader.skip((Self.blockSize - content.count % Self.blockSize) % Self.blockSize)
      if header.isExtension { size = try Self.size(in: content) ?? size }
      guard header.isFile else { continue }
      size = nil
      guard members.updateValue(content, forKey: header.name) == nil else {
        throw CheckpointError(
          .torchTarMember, name: header.name, offset: header.offset, "is in the archive twice",
          advice: "the archive is damaged or malicious; get it again")
      }
    }
  }

  /// The members in the order of their places.
  var all: [(name: String, content: ByteRegion)] {
    members.map { ($0.key, $0.value) }.sorted { $0.1.fileOffset < $1.1.fileOffset }
  }

  func member(_ name: String) throws(CheckpointError) -> ByteRegion {
    guard let member = members[name] else {
      throw CheckpointError(
        .torchTarMember, name: name,
        "is not in the tar archive, which is incomplete or not a checkpoint",
        advice: "give a file that torch.save wrote")
    }
    return member
  }

  /// The size from the records `LENGTH KEYWORD=VALUE` of a pax header.
  private static func size(in content: ByteRegion) throws(CheckpointError) -> Int? {
    var reader = ByteReader(content)
    var size: Int?
    while reader.remaining > 0 {
      let record = String(decoding: try reader.readLine().array, as: UTF8.self)
      guard let space = record.firstIndex(of: " "),
        case let field = record[space...].dropFirst(), field.hasPrefix("size=")
      else { continue }
      guard let number = Int(field.dropFirst(5)), number >= 0 else {
        throw TarHeader.damaged(content.fileOffset)
      }
      size = number
    }
    return size
  }
}

/// The header of one member.
struct TarHeader {
  let name: String
  let size: Int
  /// The offset of the header.
  let offset: Int
  private let type: UInt8

  var isFile: Bool { type == UInt8(ascii: "0") || type == 0 }
  /// Whether the content describes the member that follows.
  var isExtension: Bool { type == UInt8(ascii: "x") }

  /// - Returns: nil at the end of the archive, two blocks of zeros.
  init?(parsing reader: inout ByteReader) throws(CheckpointError) {
    offset = reader.fileOffset
    let block = try reader.readRegion(count: 512).array
    guard block.contains(where: { $0 != 0 }) else {
      let second = try reader.readRegion(count: 512).array
      guard !second.contains(where: { $0 != 0 }) else { throw Self.damaged(offset) }
      return nil
    }
    // The checksum is computed with its own field set to spaces.
    let sum = block[..<148].reduce(8 * 0x20) { $0 + Int($1) }
    let checksum = block[156...].reduce(sum) { $0 + Int($1) }
    guard Self.octal(block[148..<156]) == checksum, let size = Self.number(block[124..<136]) else {
      throw Self.damaged(offset)
    }
    name = String(decoding: block[..<100].prefix { $0 != 0 }, as: UTF8.self)
    self.size = size
    type = block[156]
  }

  /// The number in octal digits, or, if the first bit is set, in the bytes of a large number.
  private static func number(_ field: ArraySlice<UInt8>) -> Int? {
    guard field.first == 0x80 else { return octal(field) }
    guard field.dropFirst().dropLast(8).allSatisfy({ $0 == 0 }) else { return nil }
    return Int(exactly: field.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
    let digits = String(decoding: field.prefix { $0 != 0 }, as: UTF8.self).filter { $0 != " " }
    guard digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return digits.isEmpty ? 0 : Int(digits, radix: 8)
  }

  static func damaged(_ offset: Int) -> CheckpointError {
    CheckpointError(
      .torchTarHeader, offset: offset, "a header of the tar archive is damaged",
      advice: "the file is damaged; get it again")
  }
}
