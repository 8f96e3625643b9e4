private import CZlib

/// Decompression by zlib's `inflate`: of raw DEFLATE streams (RFC 1951), as zip files hold them, and
/// of those with zlib's header and checksum around them (RFC 1950), as HDF5 files do.
package enum Inflate {
  /// The most bytes that one compressed byte can stand for: zlib's technical details, "maximum
  /// compression factor".
  package static let maximumRatio = 1032

  package enum Format: Sendable {
    case raw
    case zlib

    /// zlib's window bits: negative for a stream with nothing around it.
    fileprivate var windowBits: Int32 { self == .raw ? -MAX_WBITS : MAX_WBITS }
  }

  /// Decompresses `source` into `target`, which it must fill exactly.
  ///
  /// - Throws: `invalidCompression` when the stream is damaged, or is longer or shorter.
  package static func inflate(
    _ source: ByteRegion, _ format: Format = .raw, into target: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    let complete = source.withBytes { bytes in
      bytes.withUnsafeBytes { inflateWhole($0, format, into: target) }
    }
    guard complete else {
      throw CheckpointError(
        .invalidCompression, offset: source.fileOffset,
        "the compressed bytes do not give the \(target.count) bytes that are declared",
        advice: "the file is damaged; get it again")
    }
  }
}

private func inflateWhole(
  _ source: UnsafeRawBufferPointer, _ format: Inflate.Format,
  into target: UnsafeMutableRawBufferPointer
) -> Bool {
  var stream = z_stream()
  let status = inflateInit2_(
    &stream, format.windowBits, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
  guard status == Z_OK else { return false }
  defer { inflateEnd(&stream) }
  // zlib wants a place to write even for nothing.
  var nowhere: UInt8 = 0
  return withUnsafeMutablePointer(to: &nowhere) { nowhere in
    var input = Feed(remaining: source.count)
    var output = Feed(remaining: target.count)
    stream.next_in = UnsafeMutablePointer(
      mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? nowhere
    var status = Z_OK
    while status == Z_OK {
      input.refill(&stream.avail_in)
      output.refill(&stream.avail_out)
      status = CZlib.inflate(&stream, Z_NO_FLUSH)
    }
    return status == Z_STREAM_END && stream.avail_out == 0 && output.remaining == 0
      && stream.avail_in == 0 && input.remaining == 0
  }
}

/// Hands out a count that zlib's 32-bit counters can't hold at once.
private struct Feed {
  var remaining: Int

  mutating func refill(_ available: inout UInt32) {
    guard available == 0 else { return }
    available = UInt32(clamping: remaining)
    remaining -= Int(available)
  }
}
