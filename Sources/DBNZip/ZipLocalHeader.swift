import DBNPlatform
import DBNTensors

/// A record's local header, from which the record is found if the archive has no directory.
///
/// PyTorch's writer leaves sizes and checksum out of it, and puts them into a descriptor after the
/// content. Source: APPNOTE.TXT 6.3.10, 4.3.7 and 4.3.9.
struct ZipLocalHeader {
  private let name: String
  private let method: ZipEntry.Method
  /// The checksum and the sizes; nil if they are in a descriptor after the content.
  private let known: Sizes?
  /// The offset of the content.
  private let end: Int

  /// What a header or a descriptor says about the content.
  private struct Sizes {
    let crc32: UInt32
    let stored: Int
    let size: Int
    /// The size of the descriptor itself.
    var descriptorByteCount = 0
  }

  /// - Parameter readsEncrypted: whether a record that is marked as encrypted is taken as it is.
  /// - Throws: `truncated` or `zipLocalHeader` if there is no header of a record that can be read.
  init(
    at start: Int, in file: ByteRegion, _ readsEncrypted: Bool = false
  ) throws(CheckpointError) {
    var reader = ByteReader(file)
    try reader.seek(to: start)
    let signature = try reader.read(UInt32.self)
    try reader.skip(2)
    let flags = try reader.read(UInt16.self)
    let method = try reader.read(UInt16.self)
    try reader.skip(4)
    let crc32 = try reader.read(UInt32.self)
    var (stored, size) = (
      try reader.readCount(UInt32.self), try reader.readCount(UInt32.self)
    )
    let nameLength = try reader.readCount(UInt16.self)
    let extraLength = try reader.readCount(UInt16.self)
    let name = String(validating: try reader.readRegion(count: nameLength).array, as: UTF8.self)
    let extra = try reader.readRegion(count: extraLength)
    // NumPy's archives have 64-bit sizes whatever the sizes are.
    if stored == ZipHeader.inZip64, var field = try ZipHeader.zip64Field(in: extra) {
      (size, stored) = (try field.readCount(UInt64.self), try field.readCount(UInt64.self))
    }
    // Bits 0 and 6 are encryption, bit 3 a descriptor after the content.
    let isReadable = flags & 0x41 == 0 || readsEncrypted
    guard signature == 0x0403_4B50, isReadable, method == 0 || method == 8, let name else {
      throw CheckpointError(.zipLocalHeader, offset: start, "no readable record begins here")
    }
    self.name = name
    self.method = method == 0 ? .stored : .deflated
    known = flags & 8 == 0 ? Sizes(crc32: crc32, stored: stored, size: size) : nil
    end = reader.position
  }

  /// The whole record, and the offset of what follows it.
  ///
  /// - Throws: `zipBounds` for a record that is cut off, or may be.
  func record(in file: ByteRegion) throws(CheckpointError) -> (entry: ZipEntry, end: Int) {
    guard let found = known ?? descriptor(in: file), found.stored <= file.count - end else {
      throw CheckpointError(.zipBounds, name: name, offset: end, "the record is cut off")
    }
    let entry = ZipEntry(
      name: name, method: method, size: method == .stored ? found.stored : found.size,
      crc32: found.crc32 == 0 ? nil : found.crc32,
      payload: try file.slice(from: end, count: found.stored))
    return (entry, end + found.stored + found.descriptorByteCount)
  }

  /// What is left of a stored record that is cut off, or may be; nil for a deflated one.
  func remnant(in file: ByteRegion) throws(CheckpointError) -> ZipEntry? {
    guard method == .stored else { return nil }
    let payload = try file.slice(from: end, count: file.count - end)
    return ZipEntry(name: name, method: method, size: payload.count, crc32: nil, payload: payload)
  }

  /// The first descriptor after the content whose size is that of the bytes before it; nil if there
  /// is none.
  private func descriptor(in file: ByteRegion) -> Sizes? {
    file.withBytes { bytes in
      bytes.withUnsafeBytes { bytes in
        var next = end
        while let found = bytes.firstDescriptor(from: next) {
          if let sizes = sizes(ofDescriptorAt: found, in: bytes) { return sizes }
          next = found + 1
        }
        return nil
      }
    }
  }

  private func sizes(ofDescriptorAt start: Int, in bytes: UnsafeRawBufferPointer) -> Sizes? {
    func number<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Int? {
      guard start + offset + MemoryLayout<Number>.size <= bytes.count else { return nil }
      return Int(
        exactly: Number(littleEndian: bytes.loadUnaligned(fromByteOffset: start + offset, as: type))
      )
    }
    let crc32 = number(UInt32.self, at: 4).map { UInt32(truncatingIfNeeded: $0) } ?? 0
    let short = (number(UInt32.self, at: 8), number(UInt32.self, at: 12), 16)
    let long = (number(UInt64.self, at: 8), number(UInt64.self, at: 16), 24)
    for case (let stored?, let size?, let byteCount) in [short, long]
    where stored == start - end && isPossible(size, from: stored) {
      return Sizes(crc32: crc32, stored: stored, size: size, descriptorByteCount: byteCount)
    }
    return nil
  }

  private func isPossible(_ size: Int, from stored: Int) -> Bool {
    method == .stored ? size == stored : size / Inflate.maximumRatio <= stored
  }
}

extension UnsafeRawBufferPointer {
  /// The offset of the next signature of a descriptor.
  fileprivate func firstDescriptor(from start: Int) -> Int? {
    guard start < count, let base = baseAddress else { return nil }
    var next = start
    while let letter = memchr(base + next, 0x50, count - next).map({ UnsafeRawPointer($0) - base })
    {
      if self[letter...].starts(with: [0x50, 0x4B, 7, 8]) { return letter }
      next = letter + 1
      guard next < count else { return nil }
    }
    return nil
  }
}
