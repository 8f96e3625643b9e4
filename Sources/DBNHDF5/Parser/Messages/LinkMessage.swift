internal import DBNTensors

/// A link of a group: its name and its target.
struct ParsedLink {
  enum Target {
    /// The address of an object header.
    case hard(Int)
    indirect case soft(String)
    case external
    case userDefined
  }

  let name: String
  /// Whether the name is UTF-8; otherwise it was decoded as Latin-1, as older programs wrote it.
  let isUTF8: Bool
  let target: Target
  /// The position in the creation order of links; nil if the file does not track it.
  let order: Int?

  /// - Parameter name: the name's bytes, which should be UTF-8.
  init(name: [UInt8], target: Target, order: Int? = nil) {
    (self.name, isUTF8) = String.decoding(name[...])
    self.target = target
    self.order = order
  }

  /// Parses a link message.
  ///
  /// Source: HDF5 File Format Specification 3.0, section IV.A.2.g.
  init(parsing reader: inout ByteReader, _ sizes: FieldSizes) throws(CheckpointError) {
    try reader.readVersion(of: "a link", in: 1...1)
    let flags = try reader.read(UInt8.self)
    let type = flags & 0x08 == 0 ? 0 : try reader.read(UInt8.self)
    order = flags & 0x04 == 0 ? nil : try reader.readCount(UInt64.self)
    if flags & 0x10 != 0 { try reader.skip(1) }
    let nameByteCount = try reader.readCount(byteCount: 1 << Int(flags & 3))
    (name, isUTF8) = String.decoding(try reader.readRegion(count: nameByteCount).array[...])
    switch type {
    case 0: target = .hard(try reader.readAddress(of: "a link", sizes))
    case 1:
      let byteCount = Int(try reader.read(UInt16.self))
      target = .soft(ParsedLink.path(try reader.readRegion(count: byteCount).array[...]))
    case 64: target = .external
    default: target = .userDefined
    }
  }

  /// The path in a soft link.
  static func path(_ bytes: ArraySlice<UInt8>) -> String {
    String.decoding(bytes.prefix { $0 != 0 }).text
  }
}

extension String {
  /// The text of bytes in UTF-8, or otherwise in Latin-1, in which each byte is a character.
  static func decoding(_ bytes: ArraySlice<UInt8>) -> (text: String, isUTF8: Bool) {
    if let text = String(validating: bytes, as: UTF8.self) { return (text, true) }
    return (String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })), false)
  }
}
