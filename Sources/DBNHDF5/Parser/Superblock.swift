internal import DBNTensors

/// The first structure of a file: how to read the others, and the location of the root group.
///
/// Source: HDF5 File Format Specification 3.0, section II.A.
struct Superblock {
  /// Its offset in the file, nonzero after a user block; addresses are relative to it.
  let base: Int
  let sizes: FieldSizes
  /// The address of the root group's object header.
  let root: Int
  /// The address of an object header with further information; nil if there is none.
  let extensionAddress: Int?
  /// Whether the consistency flags show that the program that wrote the file never closed it.
  let isUnclosed: Bool

  private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  /// The offset of the signature: 0, or 512, 1024, 2048, ... after a user block.
  static func offset(in file: ByteRegion) -> Int? {
    var offset = 0
    while let start = try? file.slice(from: offset, count: signature.count) {
      if start.array == signature { return offset }
      offset = offset == 0 ? 512 : offset * 2
    }
    return nil
  }

  /// - Parameter salvages: whether the end of the file may be missing.
  init(_ file: ByteRegion, salvages: Bool = false) throws(CheckpointError) {
    guard let base = Superblock.offset(in: file) else {
      throw CheckpointError(.notHDF5, "is not an HDF5 file")
    }
    var reader = ByteReader(try file.slice(from: base, count: file.count - base))
    try reader.skip(Superblock.signature.count)
    let version = try reader.readVersion(of: "the superblock", in: 0...3)
    let content =
      try version < 2
      ? Content(parsingOld: &reader, version: version) : Content(parsingNew: &reader)
    self.base = base
    sizes = content.sizes
    root = content.root
    extensionAddress = content.extensionAddress
    isUnclosed = content.isUnclosed
    // The superblock may have been moved together with everything after it.
    guard salvages || content.end - content.base <= file.count - base else {
      throw CheckpointError(
        .truncated, offset: base,
        "the file should have \(content.end) bytes, but has \(file.count)",
        advice: "the file is cut short; get it again")
    }
  }
}

/// The fields that the versions of the superblock have in common.
private struct Content {
  let sizes: FieldSizes
  let base: Int
  let end: Int
  let root: Int
  let extensionAddress: Int?
  let isUnclosed: Bool

  /// Parses versions 0 and 1, starting at the version numbers of other structures, which are all 0.
  init(parsingOld reader: inout ByteReader, version: UInt8) throws(CheckpointError) {
    try reader.skip(4)
    sizes = try FieldSizes(parsing: &reader)
    // Sizes of tree nodes, which contain their own number of entries; flags.
    try reader.skip(version == 0 ? 9 : 13)
    base = try reader.readAddress(of: "the file", sizes)
    _ = try reader.readAddress(sizes)
    end = try reader.readAddress(of: "the end of the file", sizes)
    _ = try reader.readAddress(sizes)
    // The root group's symbol table entry: the offset of its name, then its object header.
    _ = try reader.readNumber(byteCount: sizes.length)
    extensionAddress = nil
    root = try reader.readAddress(of: "the root group", sizes)
    // These have flags too, which no version of the library sets or reads.
    isUnclosed = false
  }

  /// The consistency flags of a file that is open for writing, and of one that readers may follow
  /// while it is written (SWMR): the library clears them when it closes the file.
  ///
  /// Source: `H5F_SUPER_WRITE_ACCESS`, `H5F_SUPER_SWMR_ACCESS` in H5Fprivate.h.
  private static let openFlags: UInt8 = 0b101

  /// Parses versions 2 and 3.
  init(parsingNew reader: inout ByteReader) throws(CheckpointError) {
    let fields = try FieldSizes(parsing: &reader)
    sizes = fields
    isUnclosed = try reader.read(UInt8.self) & Self.openFlags != 0
    base = try reader.readAddress(of: "the file", fields)
    extensionAddress = try reader.readAddress(fields)
    end = try reader.readAddress(of: "the end of the file", fields)
    root = try reader.readAddress(of: "the root group", fields)
    let count = reader.position + MemoryLayout<UInt32>.size
    try Lookup3.verify(reader.region.slice(from: 0, count: count), what: "superblock")
  }
}
