/// A run of bytes in memory, kept alive by its owner: a mapped file or a buffer.
///
/// Copying a region copies no bytes.
///
/// `@unchecked Sendable`: the pointer is into memory of `owner`, which is never written after the
/// region is made and lives at least as long as the region.
public struct ByteRegion: @unchecked Sendable {
  private let owner: AnyObject
  private let pointer: UnsafeRawBufferPointer
  /// The offset of the first byte in its file, in bytes, for errors; 0 for bytes made in memory.
  public let fileOffset: Int

  /// The caller guarantees that `owner` keeps `pointer` alive and that nothing writes to it any
  /// more.
  package init(owner: AnyObject, pointer: UnsafeRawBufferPointer, fileOffset: Int = 0) {
    self.owner = owner
    self.pointer = pointer
    self.fileOffset = fileOffset
  }

  /// A copy of the bytes of an array.
  public init(_ bytes: [UInt8]) {
    self = ByteRegion(byteCount: bytes.count) { $0.copyBytes(from: bytes) }
  }

  /// The number of bytes.
  public var count: Int { pointer.count }

  /// The path of the mapped file that contains the bytes; nil for bytes in memory.
  package var path: String? { (owner as? MappedFile)?.path }

  /// Calls `body` with the bytes, which are valid only during the call.
  public func withBytes<Value, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let value = try body(pointer.bytes)
    withExtendedLifetime(owner) {}
    return value
  }

  /// The little-endian number at an offset that the caller has checked. Separate from `withBytes`
  /// because a pickle is a million of these, and closures over spans cost calls.
  func number<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type, at offset: Int
  ) -> Number {
    let number = pointer.loadUnaligned(fromByteOffset: offset, as: type)
    withExtendedLifetime(owner) {}
    return Number(littleEndian: number)
  }

  /// `count` bytes from `start`; an error if the region does not have them.
  public func slice(from start: Int, count: Int) throws(CheckpointError) -> ByteRegion {
    guard start >= 0, count >= 0, start <= self.count, count <= self.count - start else {
      throw CheckpointError(
        .truncated, offset: fileOffset,
        "\(count) bytes are needed from byte \(start) on, but there are only \(self.count) in all",
        advice: "the file is cut short or damaged; get it again")
    }
    return ByteRegion(
      owner: owner, pointer: UnsafeRawBufferPointer(rebasing: pointer[start..<start + count]),
      fileOffset: fileOffset + start)
  }

  /// The bytes of a range that the caller has checked.
  package func part(_ range: Range<Int>) -> ByteRegion {
    ByteRegion(
      owner: owner, pointer: UnsafeRawBufferPointer(rebasing: pointer[range]),
      fileOffset: fileOffset + range.lowerBound)
  }

  /// A copy of the bytes, so that the owner can be freed.
  package var copied: ByteRegion { ByteRegion(byteCount: count, copy(to:)) }

  /// Copies the bytes to the start of a buffer that has room for them.
  package func copy(to target: UnsafeMutableRawBufferPointer) {
    withBytes { bytes in bytes.withUnsafeBytes { target.copyMemory(from: $0) } }
  }

  /// A copy of the bytes as an array.
  public var array: [UInt8] { Array(pointer) }

  /// Calls `body` with the bytes in pieces of at most `size`, in order, each with its offset, and
  /// releases the pages of a mapped file after each.
  package func forEachPiece(
    of size: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    for start in stride(from: 0, to: count, by: size) {
      let piece = try slice(from: start, count: min(size, count - start))
      try piece.withBytes { bytes throws(CheckpointError) in try body(start, bytes) }
      piece.release()
    }
  }

  /// Releases the memory of these bytes of a mapped file, which will not be read again soon, so
  /// that a conversion's memory does not grow with the file. They can still be read.
  package func release() {
    (owner as? MappedFile)?.release(pointer)
  }

  /// The same for all bytes of the file that contains these: otherwise a file that was read
  /// earlier, or one of many read in turn, would keep some pages in memory.
  package func releaseFile() {
    (owner as? MappedFile)?.releaseAll()
  }

  /// The same for `byteCount` bytes that were read in sequence.
  package func release(_ byteCount: Int) {
    (owner as? MappedFile)?.release(byteCount)
  }
}

extension ByteRegion {
  /// A buffer of `byteCount` bytes, zeroed and 64-byte aligned, that `fill` writes before it is
  /// read.
  package init<Failure: Error>(
    byteCount: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let buffer = ZeroedBuffer(byteCount: byteCount)
    try fill(buffer.pointer)
    self.init(owner: buffer, pointer: UnsafeRawBufferPointer(buffer.pointer))
  }

  /// A buffer for an intermediate step, of which `fill` must write every byte: it reuses freed
  /// memory and is not zeroed. New zeroed pages for chunks of 1 MiB cost a quarter of the time of
  /// inflating them.
  package init<Failure: Error>(
    scratch byteCount: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let buffer = ScratchBuffer(byteCount: byteCount)
    try fill(buffer.pointer)
    self.init(owner: buffer, pointer: UnsafeRawBufferPointer(buffer.pointer))
  }
}
