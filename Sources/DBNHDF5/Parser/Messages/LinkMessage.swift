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
  let target: Target
  /// The position in the creation order of links; nil if the file does not track it.
  let order: Int?

  /// - Parameter name: the name's bytes, which should be UTF-8.
  init(name: [UInt8], target: Target, order: Int? = nil) throws(CheckpointError) {
    self.name = try ParsedLink.name(name)
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
    name = try ParsedLink.name(reader.readRegion(count: nameByteCount).array)
    switch type {
    case 0: target = .hard(try reader.readAddress(of: "a link", sizes))
    case 1:
      let byteCount = Int(try reader.read(UInt16.self))
      target = .soft(try ParsedLink.path(reader.readRegion(count: byteCount).array[...]))
    case 64: target = .external
    default: target = .userDefined
    }
  }

  private static func name(_ utf8: [UInt8]) throws(CheckpointError) -> String {
    guard let name = String(validating: utf8, as: UTF8.self) else {
      throw CheckpointError(
        .invalidText, "a link's name is not valid UTF-8",
        advice: "rename it with the tool that wrote the file")
    }
    return name
  }

  /// The path in a soft link.
  static func path(_ bytes: ArraySlice<UInt8>) throws(CheckpointError) -> String {
    guard let path = String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self) else {
      throw CheckpointError(.invalidText, "a soft link's path is not valid UTF-8")
    }
    return path
  }
}
