private import DBNCZlib

/// Files that are compressed with gzip (RFC 1952), which can have several members one after the
/// other.
package enum Gzip {
  /// Weights hardly get smaller; a file that grows by more than this is made to fill a disk.
  package static let maximumRatio = 64
  /// Small files may grow to this size, whatever the ratio.
  package static let modestByteCount = 1 << 30

  /// The two bytes of the signature, and the only method.
  package static func recognises(_ file: ByteRegion) -> Bool {
    file.count >= 18 && file.part(0..<3).array == [0x1F, 0x8B, 8]
  }

  /// The decompressed bytes, in a temporary file, checked against their checksums.
  ///
  /// - Throws: `invalidCompression` for damaged files; `limitExceeded` for those that grow to more
  ///   than 64 times their size and 1 GiB; `system` if the disk is full.
  package static func decompressed(_ file: ByteRegion) throws(CheckpointError) -> ByteRegion {
    let (ratioLimit, overflow) = file.count.multipliedReportingOverflow(by: maximumRatio)
    let limit = max(modestByteCount, overflow ? .max : ratioLimit)
    return try TemporaryFile.holding(path: file.path ?? "") { target throws(CheckpointError) in
      var stream = try GzipStream(file)
      let piece = ScratchBuffer(byteCount: 1 << 20)
      var total = 0
      while let count = try stream.read(into: piece.pointer) {
        total += count
        guard total <= limit else {
          throw CheckpointError(
            .limitExceeded, path: file.path,
            "decompresses to more than \(limit) bytes, from \(file.count)",
            advice: "decompress it with gunzip if it comes from a source that you trust")
        }
        try target.append(UnsafeRawBufferPointer(rebasing: piece.pointer[..<count]).bytes)
      }
    }
  }
}

/// zlib's state of the stream, which it points back to, so that it must not move.
private struct GzipStream: ~Copyable {
  private let file: ByteRegion
  private let stream: UnsafeMutablePointer<z_stream>
  private var fed = 0
  private var isBetweenMembers = false

  private static let inputByteCount = 1 << 20

  init(_ file: ByteRegion) throws(CheckpointError) {
    self.file = file
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 16 above the window's size: a gzip header and checksum.
    let status = inflateInit2_(
      stream, MAX_WBITS + 16, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw damaged() }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Fills the buffer as far as the next bytes go.
  ///
  /// - Returns: how many there are; nil at the end of the file.
  mutating func read(into target: UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Int? {
    stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(clamping: target.count)
    while stream.pointee.avail_out > 0 {
      if isBetweenMembers {
        guard try startMember() else { break }
      }
      let before = (stream.pointee.avail_out, fed - Int(stream.pointee.avail_in))
      let status = step()
      if status == Z_STREAM_END {
        isBetweenMembers = true
        continue
      }
      let after = (stream.pointee.avail_out, fed - Int(stream.pointee.avail_in))
      guard status == Z_OK || status == Z_BUF_ERROR, before != after else { throw damaged() }
    }
    let count = target.count - Int(stream.pointee.avail_out)
    return count == 0 && isBetweenMembers ? nil : count
  }

  /// Goes on with the member that follows; false at the end of the file, where zeros may follow.
  private mutating func startMember() throws(CheckpointError) -> Bool {
    let rest = file.part(fed - Int(stream.pointee.avail_in)..<file.count)
    guard rest.count > 0 else { return false }
    var hasOthers = false
    try rest.forEachPiece(of: 1 << 20) { _, bytes in
      if hasOthers { return }
      hasOthers = bytes.withUnsafeBytes { $0.contains { $0 != 0 } }
    }
    guard hasOthers else { return false }
    guard inflateReset(stream) == Z_OK else { throw damaged() }
    isBetweenMembers = false
    return true
  }

  private mutating func step() -> Int32 {
    file.withBytes { bytes in
      bytes.withUnsafeBytes { bytes in
        if stream.pointee.avail_in == 0 {
          if fed > 0 { file.release(Self.inputByteCount) }
          let count = min(bytes.count - fed, Self.inputByteCount)
          stream.pointee.next_in = UnsafeMutablePointer(
            mutating: bytes.baseAddress.map { ($0 + fed).assumingMemoryBound(to: UInt8.self) })
          stream.pointee.avail_in = UInt32(count)
          fed += count
        }
        return DBNCZlib.inflate(stream, Z_NO_FLUSH)
      }
    }
  }

  private func damaged() -> CheckpointError {
    CheckpointError(
      .invalidCompression, path: file.path, "cannot be decompressed with gzip",
      advice: "the file is damaged or cut short; get it again")
  }
}
