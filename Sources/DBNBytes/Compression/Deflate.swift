private import DBNCZlib

/// Compression by zlib's `deflate`, as a stream with zlib's header and checksum (RFC 1950).
///
/// Bytes of weights come in runs of one kind: after a shuffle, the low bytes of all mantissas,
/// which are noise, and the exponents, which have few values in no order. Searching for matches in
/// either takes most of the time and gains nothing, so a sample of each run decides its strategy:
/// stored, Huffman coding only, or with matches. The stream is an ordinary zlib stream.
package enum Deflate {
  /// The bytes compressed with one strategy: as many as a block of zlib's has.
  private static let runByteCount = 128 << 10
  private static let sampleByteCount = 4 << 10

  /// Compresses `source` into `target`, and returns the compressed size; nil if it does not fit.
  ///
  /// - Parameters:
  ///   - level: 1 to 9, for runs that are searched for matches.
  ///   - period: bytes of another kind begin at its multiples, which no run crosses.
  package static func deflate(
    _ source: UnsafeRawBufferPointer, level: Int, period: Int,
    into target: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) -> Int? {
    var stream = try DeflateStream(level: level)
    var matches = try DeflateStream(level: level)
    var frequencies = try DeflateStream(level: level, .frequencies)
    stream.setTarget(target)
    var start = 0
    while start < source.count {
      let end = min(start + runByteCount, (start / period + 1) * period, source.count)
      let run = UnsafeRawBufferPointer(rebasing: source[start..<end])
      let sample = UnsafeRawBufferPointer(rebasing: run.suffix(sampleByteCount))
      let way = fastest(
        sample.count, matches: matches.byteCount(of: sample),
        frequencies: frequencies.byteCount(of: sample))
      guard stream.add(run, way) else { return nil }
      start = end
    }
    return stream.finish()
  }

  /// The strategy worth its time, from a sample's size with each.
  private static func fastest(_ plain: Int, matches: Int, frequencies: Int) -> DeflateStream.Way {
    // Below a saving of 2 %, decompressing takes longer than reading the bytes uncompressed.
    if min(matches, frequencies) > plain - plain / 50 { return .stored }
    return frequencies <= matches ? .frequencies : .matches
  }
}

/// zlib's state of one stream, and the strategy in use.
private struct DeflateStream: ~Copyable {
  enum Way {
    case stored
    case frequencies
    case matches
  }

  /// zlib keeps a pointer to the stream it was set up with, which therefore must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let level: Int32
  private var way: Way
  private var capacity = 0

  init(level: Int, _ way: Way = .matches) throws(CheckpointError) {
    self.level = Int32(level)
    self.way = way
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = deflateInit2_(
      stream, self.level, Z_DEFLATED, MAX_WBITS, 8, way.strategy, zlibVersion(),
      Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      stream.deallocate()
      throw CheckpointError(.system, "cannot compress: zlib failed to start (status \(status))")
    }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  mutating func setTarget(_ target: UnsafeMutableRawBufferPointer) {
    capacity = target.count
    stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(clamping: target.count)
  }

  /// Adds bytes; false when the target has no room for them.
  mutating func add(_ source: UnsafeRawBufferPointer, _ way: Way) -> Bool {
    if way != self.way {
      self.way = way
      guard deflateParams(stream, way == .stored ? 0 : level, way.strategy) == Z_OK else {
        return false
      }
    }
    setSource(source)
    return DBNCZlib.deflate(stream, Z_NO_FLUSH) == Z_OK && stream.pointee.avail_in == 0
  }

  /// Ends the stream; nil when the target has no room for the rest.
  mutating func finish() -> Int? {
    guard DBNCZlib.deflate(stream, Z_FINISH) == Z_STREAM_END else { return nil }
    return capacity - Int(stream.pointee.avail_out)
  }

  /// The compressed size of these few bytes; their own count if compression would not save any.
  mutating func byteCount(of sample: UnsafeRawBufferPointer) -> Int {
    deflateReset(stream)
    return withUnsafeTemporaryAllocation(byteCount: sample.count, alignment: 16) { target in
      setTarget(target)
      setSource(sample)
      return finish() ?? sample.count
    }
  }

  private func setSource(_ source: UnsafeRawBufferPointer) {
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(clamping: source.count)
  }
}

extension DeflateStream.Way {
  fileprivate var strategy: Int32 { self == .frequencies ? Z_HUFFMAN_ONLY : Z_DEFAULT_STRATEGY }
}
