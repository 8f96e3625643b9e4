internal import Tensors

/// The filters that a chunk went through when it was written, to be undone from the last to the
/// first.
struct FilterPipeline: Sendable {
  private enum Filter: Sendable {
    case deflate
    case shuffle(elementSize: Int)
    case fletcher32
  }

  private let filters: [Filter]
  private let chunkByteCount: Int

  init(
    _ filters: [Catalog.Chunks.Filter], chunkByteCount: Int, name: String
  ) throws(CheckpointError) {
    self.chunkByteCount = chunkByteCount
    self.filters = try filters.map { filter throws(CheckpointError) in
      switch filter.identifier {
      case 1: return .deflate
      case 2: return .shuffle(elementSize: Int(filter.parameters.first ?? 1))
      case 3: return .fletcher32
      default: throw FilterPipeline.unsupported(filter.identifier, name)
      }
    }
  }

  /// Whether a chunk of its stored size can become what its shape declares.
  ///
  /// - Parameter mask: bit `i` is set when filter `i` was left out.
  func validate(
    _ chunk: Catalog.Chunks.Chunk, mask: UInt32, name: String
  ) throws(CheckpointError) {
    var isCompressed = false
    for filter in applied(mask) {
      guard case .deflate = filter else { continue }
      guard !isCompressed else {
        throw CheckpointError(
          .unsupportedFilter, name: name, offset: chunk.offset, "its chunks are compressed twice",
          advice: "write it with deflate once")
      }
      isCompressed = true
    }
    guard isCompressed else {
      guard chunk.byteCount == sizes(mask).last else {
        throw ChunkedDataset.invalid(name, chunk.offset, "are not as long as their shape")
      }
      return
    }
    guard chunkByteCount / Inflate.maximumRatio <= chunk.byteCount else {
      throw CheckpointError(
        .declaredTooLarge, name: name, offset: chunk.offset,
        "a chunk of \(chunkByteCount) bytes can't come out of \(chunk.byteCount) stored ones",
        advice: "the file is damaged or was made to mislead; get it from its source")
    }
  }

  /// Puts the bytes of a chunk, as they were before they were written, into the buffer, which has
  /// the size of a chunk.
  func decode(
    _ stored: ByteRegion, mask: UInt32, name: String, into target: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    do throws(CheckpointError) {
      var bytes = stored
      var steps = Array(zip(applied(mask), sizes(mask)))
      let last = steps.isEmpty ? nil : steps.removeFirst().0
      for (filter, size) in steps.reversed() {
        bytes = try FilterPipeline.undo(filter, bytes, size: size)
      }
      try FilterPipeline.undo(last, bytes, into: target)
    } catch {
      throw CheckpointError(
        .invalidChunk, name: name, offset: stored.fileOffset, error.reason,
        advice: "the file is damaged; get it again")
    }
  }

  private func applied(_ mask: UInt32) -> [Filter] {
    filters.enumerated().filter { $0.offset >= 32 || mask >> $0.offset & 1 == 0 }.map(\.element)
  }

  /// The size before each filter, and after the last: all that is known without deflating.
  private func sizes(_ mask: UInt32) -> [Int] {
    var sizes = [chunkByteCount]
    for filter in applied(mask) {
      if case .fletcher32 = filter {
        sizes.append(sizes[sizes.count - 1] + MemoryLayout<UInt32>.size)
      } else {
        sizes.append(sizes[sizes.count - 1])
      }
    }
    return sizes
  }

  private static func undo(
    _ filter: Filter, _ bytes: ByteRegion, size: Int
  ) throws(CheckpointError) -> ByteRegion {
    if case .fletcher32 = filter { return try Fletcher32.verify(bytes) }
    return try ByteRegion(scratch: size) { target throws(CheckpointError) in
      try undo(filter, bytes, into: target)
    }
  }

  /// Nil copies the bytes: no filter is left.
  private static func undo(
    _ filter: Filter?, _ bytes: ByteRegion, into target: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    switch filter {
    case .deflate: try Inflate.inflate(bytes, .zlib, into: target)
    case .shuffle(let elementSize)
    where Shuffle.applies(to: target.count, elementSize: elementSize):
      try copy(bytes, into: target) {
        Shuffle.undo($0, elementSize: elementSize, into: $1)
      }
    case .fletcher32:
      try copy(Fletcher32.verify(bytes), into: target) { $1.copyMemory(from: $0) }
    case .shuffle, nil: try copy(bytes, into: target) { $1.copyMemory(from: $0) }
    }
  }

  private static func copy(
    _ bytes: ByteRegion, into target: UnsafeMutableRawBufferPointer,
    _ body: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Void
  ) throws(CheckpointError) {
    guard bytes.count == target.count else {
      throw CheckpointError(.invalidChunk, "a chunk is not as long as its shape")
    }
    bytes.withBytes { bytes in bytes.withUnsafeBytes { body($0, target) } }
  }

  private static func unsupported(_ identifier: Int, _ name: String) -> CheckpointError {
    let known = [
      4: "szip", 5: "nbit", 6: "scaleoffset", 307: "bzip2", 32000: "lzf", 32001: "blosc",
      32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32015: "zstd",
    ]
    let filter = known[identifier].map { "\($0) (\(identifier))" } ?? "\(identifier)"
    return CheckpointError(
      .unsupportedFilter, name: name,
      "its chunks went through the filter \(filter); only deflate "
        + "(gzip), shuffle and fletcher32 are read", advice: "write it with gzip, or without")
  }
}
