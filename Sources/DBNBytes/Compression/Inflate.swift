private import DBNCZlib

/// Decompression by zlib's `inflate`: of raw DEFLATE streams (RFC 1951), as in zip files, and of
/// streams with zlib's header and checksum (RFC 1950), as in HDF5 files.
package enum Inflate {
  /// The most bytes that one compressed byte can expand to: zlib's technical details, "maximum
  /// compression factor".
  package static let maximumRatio = 1032

  package enum Format: Sendable {
    case raw
    case zlib

    /// zlib's window bits: negative for a stream without header and checksum.
    fileprivate var windowBits: Int32 { self == .raw ? -MAX_WBITS : MAX_WBITS }
  }

  /// Decompresses `source` into `target`, which it must fill exactly.
  ///
  /// - Throws: `invalidCompression` if the stream is damaged, longer or shorter.
  package static func inflate(
    _ source: ByteRegion, _ format: Format = .raw, into target: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    var reader = try InflateReader(source, format, byteCount: target.count)
    try reader.read(into: target)
    try reader.finish()
  }

  /// Decompresses a stream that does not declare its size.
  ///
  /// - Throws: `invalidCompression` if the stream is damaged or has more than `limit` bytes.
  package static func inflate(
    _ source: ByteRegion, _ format: Format = .raw, atMost limit: Int
  ) throws(CheckpointError) -> ByteRegion {
    var reader = try InflateReader(source, format, byteCount: limit)
    var count = 0
    let bytes = try ByteRegion(scratch: limit) { target throws(CheckpointError) in
      count = try reader.readRest(into: target)
      try reader.finish()
    }
    return try bytes.slice(from: 0, count: count)
  }
}

/// Decompresses a stream in pieces, in order.
package struct InflateReader: ~Copyable {
  private let source: ByteRegion
  private let byteCount: Int
  /// Allocated separately, so that it never moves: zlib's own state points back to it.
  private let stream: UnsafeMutablePointer<z_stream>
  /// The number of source bytes passed to zlib so far.
  private var fed = 0
  private var isAtEnd = false

  /// How many source bytes are passed to zlib at a time.
  private static let inputByteCount = 1 << 20

  /// - Parameter byteCount: the declared decompressed size, for errors.
  package init(
    _ source: ByteRegion, _ format: Inflate.Format, byteCount: Int
  ) throws(CheckpointError) {
    self.source = source
    self.byteCount = byteCount
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = inflateInit2_(
      stream, format.windowBits, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw failure() }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Fills the buffer with the next bytes.
  package mutating func read(into target: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
    var done = 0
    while done < target.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: target[done...])
      let count = isAtEnd ? 0 : try step(into: rest)
      guard count > 0 || (!isAtEnd && fed < source.count) else { throw failure() }
      done += count
    }
  }

  /// Fills the start of the buffer with the rest of the stream, or all of it if there is more.
  ///
  /// - Returns: the number of bytes.
  fileprivate mutating func readRest(
    into target: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) -> Int {
    var done = 0
    while done < target.count, !isAtEnd {
      let rest = UnsafeMutableRawBufferPointer(rebasing: target[done...])
      let count = try step(into: rest)
      guard count > 0 || isAtEnd || fed < source.count else { throw failure() }
      done += count
    }
    return done
  }

  /// - Throws: `invalidCompression` unless the stream and its source end here.
  package mutating func finish() throws(CheckpointError) {
    // Room for one more byte, which the stream must not produce.
    let beyond = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
    defer { beyond.deallocate() }
    while !isAtEnd {
      let consumed = stream.pointee.total_in
      let count = try step(into: beyond)
      guard count == 0, isAtEnd || stream.pointee.total_in > consumed else { throw failure() }
    }
    guard fed == source.count, stream.pointee.avail_in == 0 else { throw failure() }
    source.release((fed - 1) % Self.inputByteCount + 1)
  }

  /// - Returns: the number of bytes written to the target.
  private mutating func step(
    into target: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) -> Int {
    stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(clamping: target.count)
    let room = stream.pointee.avail_out
    let status = source.withBytes { bytes in
      bytes.withUnsafeBytes { bytes in
        feed(bytes)
        return DBNCZlib.inflate(stream, Z_NO_FLUSH)
      }
    }
    isAtEnd = status == Z_STREAM_END
    // A buffer error only means that there was nothing to do.
    guard [Z_OK, Z_STREAM_END, Z_BUF_ERROR].contains(status) else { throw failure() }
    return Int(room - stream.pointee.avail_out)
  }

  private mutating func feed(_ bytes: UnsafeRawBufferPointer) {
    guard stream.pointee.avail_in == 0 else { return }
    if fed > 0, fed < source.count { source.release(Self.inputByteCount) }
    let count = min(bytes.count - fed, Self.inputByteCount)
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: bytes.baseAddress.map { ($0 + fed).assumingMemoryBound(to: UInt8.self) })
    stream.pointee.avail_in = UInt32(count)
    fed += count
  }

  private func failure() -> CheckpointError {
    CheckpointError(
      .invalidCompression, offset: source.fileOffset,
      "the compressed data does not decompress to the declared \(byteCount) bytes",
      advice: "the file is damaged; get it again")
  }
}
