/// Reads numbers and runs of bytes in order from a region, never past its end.
///
/// All offset arithmetic on untrusted files is here; numbers are little-endian unless the method
/// says otherwise. A read that would pass the end throws `truncated` and leaves the position
/// unchanged.
public struct ByteReader: Sendable {
  /// All bytes, including those already read.
  public let region: ByteRegion
  /// How many bytes of the region were read or skipped.
  public private(set) var position = 0
  /// The position up to which `releaseRead` has released memory.
  private var released = 0

  /// A reader at the region's first byte.
  public init(_ region: ByteRegion) {
    self.region = region
  }

  /// The number of bytes left.
  public var remaining: Int { region.count - position }

  /// The offset of the next byte in the file.
  public var fileOffset: Int { region.fileOffset + position }

  /// The next number, little-endian, of at most 64 bits. Inlinable: a pickle is a million of these.
  @inlinable
  public mutating func read<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type
  ) throws(CheckpointError) -> Number {
    Number(truncatingIfNeeded: try readBits(byteCount: MemoryLayout<Number>.size))
  }

  @usableFromInline
  mutating func readBits(byteCount: Int) throws(CheckpointError) -> UInt64 {
    let start = try advance(by: byteCount)
    switch byteCount {
    case 1: return UInt64(region.number(UInt8.self, at: start))
    case 2: return UInt64(region.number(UInt16.self, at: start))
    case 4: return UInt64(region.number(UInt32.self, at: start))
    default: return region.number(UInt64.self, at: start)
    }
  }

  /// The next number, most significant byte first.
  @inlinable
  public mutating func readBigEndian<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type
  ) throws(CheckpointError) -> Number {
    try read(type).byteSwapped
  }

  /// A number that must fit an `Int`: a size, a count, an offset.
  ///
  /// - Throws: `overflow` for a negative number, or one beyond `Int.max`.
  @inlinable
  public mutating func readCount<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type
  ) throws(CheckpointError) -> Int {
    let offset = fileOffset
    let number = try read(type)
    guard let count = Int(exactly: number), count >= 0 else {
      throw CheckpointError(.overflow, offset: offset, "\(number) cannot be a size")
    }
    return count
  }

  /// Releases the memory of a mapped file's bytes before this position, which will not be read
  /// again soon.
  package mutating func releaseRead() {
    region.release(max(0, position - released))
    released = position
  }

  /// The next `count` bytes, which are not copied.
  public mutating func readRegion(count: Int) throws(CheckpointError) -> ByteRegion {
    let slice = try region.slice(from: position, count: count)
    position += count
    return slice
  }

  /// The next `count` bytes, which must be UTF-8.
  ///
  /// - Throws: `invalidText` if they are not.
  public mutating func readString(count: Int) throws(CheckpointError) -> String {
    let offset = fileOffset
    let text = try readRegion(count: count).withBytes { bytes in
      bytes.withUnsafeBytes { String(validating: $0, as: UTF8.self) }
    }
    guard let text else {
      throw CheckpointError(.invalidText, offset: offset, "text is not valid UTF-8")
    }
    return text
  }

  /// The bytes up to the next line feed, which is skipped.
  public mutating func readLine() throws(CheckpointError) -> ByteRegion {
    let start = position
    let length = region.withBytes { bytes in
      bytes.withUnsafeBytes { $0[start...].firstIndex(of: UInt8(ascii: "\n")) }
    }
    guard let length else {
      throw CheckpointError(.truncated, offset: fileOffset, "a line has no end")
    }
    let line = try readRegion(count: length - start)
    position += 1
    return line
  }

  /// Skips `count` bytes.
  public mutating func skip(_ count: Int) throws(CheckpointError) {
    _ = try advance(by: count)
  }

  /// Moves to `position`, counted from the region's start.
  public mutating func seek(to position: Int) throws(CheckpointError) {
    _ = try region.slice(from: position, count: 0)
    self.position = position
  }

  private mutating func advance(by count: Int) throws(CheckpointError) -> Int {
    if count < 0 || count > remaining { _ = try region.slice(from: position, count: count) }
    defer { position += count }
    return position
  }
}
