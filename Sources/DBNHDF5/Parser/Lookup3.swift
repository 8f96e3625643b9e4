internal import DBNTensors

/// The checksum of HDF5's structures: Bob Jenkins' `lookup3` hash with an initial value of zero.
///
/// Source: HDF5 File Format Specification 3.0, section VIII.B; `H5_checksum_lookup3` in
/// H5checksum.c.
enum Lookup3 {
  /// Checks that the last four bytes are the checksum of the preceding bytes.
  static func verify(_ region: ByteRegion, what: String) throws(CheckpointError) {
    let content = try region.slice(from: 0, count: region.count - MemoryLayout<UInt32>.size)
    var reader = ByteReader(region)
    try reader.seek(to: content.count)
    let expected = try reader.read(UInt32.self)
    try verify(checksum(content), expected, what: what, at: region.fileOffset)
  }

  static func verify(
    _ found: UInt32, _ expected: UInt32, what: String, at offset: Int
  ) throws(CheckpointError) {
    guard found == expected else {
      throw CheckpointError(
        .checksumMismatch, offset: offset,
        "the \(what) of the file should have the checksum \(expected.hexadecimal), but has "
          + found.hexadecimal, advice: TensorStorage.damageAdvice)
    }
  }

  static func checksum(_ region: ByteRegion) -> UInt32 {
    region.withBytes { bytes in bytes.withUnsafeBytes { checksum($0) } }
  }

  private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    let start = 0xDEAD_BEEF &+ UInt32(truncatingIfNeeded: bytes.count)
    var hash = Hash(a: start, b: start, c: start)
    guard !bytes.isEmpty else { return hash.c }
    var offset = 0
    while bytes.count - offset > 12 {
      hash.add(
        bytes.word(at: offset), bytes.word(at: offset + 4), bytes.word(at: offset + 8))
      hash.mix()
      offset += 12
    }
    hash.add(
      bytes.partialWord(at: offset), bytes.partialWord(at: offset + 4),
      bytes.partialWord(at: offset + 8))
    hash.finish()
    return hash.c
  }

  private struct Hash {
    var a: UInt32
    var b: UInt32
    var c: UInt32

    mutating func add(_ first: UInt32, _ second: UInt32, _ third: UInt32) {
      a &+= first
      b &+= second
      c &+= third
    }

    mutating func mix() {
      a = (a &- c) ^ c.rotated(4)
      c &+= b
      b = (b &- a) ^ a.rotated(6)
      a &+= c
      c = (c &- b) ^ b.rotated(8)
      b &+= a
      a = (a &- c) ^ c.rotated(16)
      c &+= b
      b = (b &- a) ^ a.rotated(19)
      a &+= c
      c = (c &- b) ^ b.rotated(4)
      b &+= a
    }

    mutating func finish() {
      c = (c ^ b) &- b.rotated(14)
      a = (a ^ c) &- c.rotated(11)
      b = (b ^ a) &- a.rotated(25)
      c = (c ^ b) &- b.rotated(16)
      a = (a ^ c) &- c.rotated(4)
      b = (b ^ a) &- a.rotated(14)
      c = (c ^ b) &- b.rotated(24)
    }
  }
}

extension UInt32 {
  fileprivate func rotated(_ count: UInt32) -> UInt32 { self &<< count | self &>> (32 &- count) }
}

extension UnsafeRawBufferPointer {
  fileprivate func word(at offset: Int) -> UInt32 {
    UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// The remaining bytes from an offset, at most a word, as a number.
  fileprivate func partialWord(at offset: Int) -> UInt32 {
    var word: UInt32 = 0
    for (index, byte) in dropFirst(offset).prefix(4).enumerated() {
      word |= UInt32(byte) << UInt32(8 * index)
    }
    return word
  }
}
