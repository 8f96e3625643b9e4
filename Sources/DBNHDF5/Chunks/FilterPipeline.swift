internal import DBNTensors

/// The filters that were applied to a chunk when it was written; reading undoes them from the last
/// to the first.
struct FilterPipeline: Sendable {
  private enum Filter: Sendable {
    case deflate
    case shuffle(elementSize: Int)
    case fletcher32
  }

  private let filters: [Filter]
  private let chunkByteCount: Int
  private let name: String

  /// - Parameters:
  ///   - mask: bit `i` is set if filter `i` was not applied to the chunk.
  ///   - chunkByteCount: the size of the chunk before filtering.
  ///   - name: the dataset's name, for errors.
  init(
    _ filters: [Catalog.Chunks.Filter], without mask: UInt32, chunkByteCount: Int, name: String
  ) throws(CheckpointError) {
    self.chunkByteCount = chunkByteCount
    self.name = name
    let known = try filters.map { filter throws(CheckpointError) in
      switch FilterIdentifier(rawValue: filter.identifier) {
      case .deflate: return Filter.deflate
      case .shuffle: return .shuffle(elementSize: Int(filter.parameters.first ?? 1))
      case .fletcher32: return .fletcher32
      case nil: throw FilterPipeline.unsupported(filter.identifier, name)
      }
    }
    self.filters = known.enumerated()
      .filter { $0.offset >= mask.bitWidth || mask >> $0.offset & 1 == 0 }.map(\.element)
  }

  /// Refuses a chunk whose stored size can't yield the bytes that its shape declares.
  ///
  /// - Parameter elementSize: the size of the dataset's elements.
  func validate(
    _ chunk: Catalog.Chunks.Chunk, elementSize: Int
  ) throws(CheckpointError) {
    guard chunkByteCount <= Self.wholeByteLimit || isDecodedInPieces(elementSize) else {
      throw CheckpointError(
        .unsupportedFilter, name: name, offset: chunk.offset,
        "its chunks of \(chunkByteCount) bytes have filters in an order that can only be read for "
          + "chunks of up to \(Self.wholeByteLimit) bytes",
        advice: "write it with shuffle, gzip and fletcher32, in this order")
    }
    var isCompressed = false
    for filter in filters {
      guard case .deflate = filter else { continue }
      guard !isCompressed else {
        throw CheckpointError(
          .unsupportedFilter, name: name, offset: chunk.offset, "its chunks are compressed twice",
          advice: "write it with deflate once")
      }
      isCompressed = true
    }
    guard isCompressed else {
      guard chunk.byteCount == sizes.last else {
        throw ChunkedDataset.invalid(
          name, chunk.offset, "do not have as many bytes as their shape needs")
      }
      return
    }
    guard chunkByteCount / Inflate.maximumRatio <= chunk.byteCount else {
      throw CheckpointError(
        .declaredTooLarge, name: name, offset: chunk.offset,
        "\(chunk.byteCount) stored bytes can't decompress to a chunk of \(chunkByteCount) bytes",
        advice: "the file is damaged or malicious; get it again from its source")
    }
  }

  /// Undoes the filters and writes the bytes of the chunk into the buffer, which has the size of a
  /// chunk.
  func decode(
    _ stored: ByteRegion, into target: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    try naming(stored) { () throws(CheckpointError) in
      let bytes = try undone(stored, downTo: 1)
      try FilterPipeline.undo(filters.first, bytes, into: target)
    }
  }

  /// Whether the first filter is a shuffle of elements of this size.
  func isShuffled(_ elementSize: Int) -> Bool {
    guard case .shuffle(elementSize) = filters.first else { return false }
    return Shuffle.applies(to: chunkByteCount, elementSize: elementSize)
  }

  /// The largest chunk that may be decoded as a whole, which some orders of filters require: a
  /// small file can declare chunks of a thousand times its size.
  private static let wholeByteLimit = 64 << 20

  /// Whether the filters are shuffle, deflate and fletcher32 in this order; any of them may be
  /// missing.
  private func isDecodedInPieces(_ elementSize: Int) -> Bool {
    let rest = filters.dropFirst(isShuffled(elementSize) ? 1 : 0)
    if case .shuffle? = rest.first { return false }
    return rest.dropFirst().allSatisfy { if case .fletcher32 = $0 { true } else { false } }
  }

  /// Passes the bytes of a chunk to a closure in pieces with their offsets, so that a large chunk
  /// is not in memory as a whole, unless the filters have an unusual order.
  ///
  /// - Parameter leavingShuffled: whether the first filter is not undone.
  func decode(
    _ stored: ByteRegion, leavingShuffled: Bool, _ body: (Int, RawSpan) -> Void
  ) throws(CheckpointError) {
    try naming(stored) { () throws(CheckpointError) in
      let (size, first) = (TensorStorage.pieceByteCount, leavingShuffled ? 1 : 0)
      let bytes = try undone(stored, downTo: first + 1)
      guard first < filters.count else { return try bytes.forEachPiece(of: size, body) }
      switch filters[first] {
      case .deflate:
        try DeflatedBytes(bytes, .zlib, byteCount: chunkByteCount, record: name)
          .forEachPiece(of: size, body)
      case .shuffle, .fletcher32:
        try FilterPipeline.undo(filters[first], bytes, size: chunkByteCount)
          .forEachPiece(of: size, body)
      }
    }
  }

  private func naming(
    _ stored: ByteRegion, _ body: () throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    do throws(CheckpointError) {
      try body()
    } catch {
      throw CheckpointError(
        .invalidChunk, name: name, offset: stored.fileOffset, error.reason,
        advice: "the file is damaged; get it again")
    }
  }

  /// The bytes before the filter at an index and all later filters were applied.
  private func undone(
    _ stored: ByteRegion, downTo first: Int
  ) throws(CheckpointError) -> ByteRegion {
    var bytes = stored
    for (filter, size) in zip(filters, sizes).dropFirst(first).reversed() {
      bytes = try FilterPipeline.undo(filter, bytes, size: size)
    }
    return bytes
  }

  /// The size before each filter and after the last, as if deflate kept the size.
  private var sizes: [Int] {
    var sizes = [chunkByteCount]
    for filter in filters {
      if case .fletcher32 = filter {
        sizes.append(sizes[sizes.count - 1] + MemoryLayout<UInt32>.size)
      } else {
        sizes.append(sizes[sizes.count - 1])
      }
    }
    return sizes
  }

  /// - Parameter size: the number of bytes before the filter, which only deflate needs; other
  ///   filters keep the size or change it by a known amount.
  private static func undo(
    _ filter: Filter, _ bytes: ByteRegion, size: Int
  ) throws(CheckpointError) -> ByteRegion {
    let byteCount: Int
    switch filter {
    case .fletcher32: return try Fletcher32.verify(bytes)
    case .shuffle: byteCount = bytes.count
    case .deflate: byteCount = size
    }
    return try ByteRegion(scratch: byteCount) { target throws(CheckpointError) in
      try undo(filter, bytes, into: target)
    }
  }

  /// Undoes a filter; without one the bytes are copied.
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
      throw CheckpointError(.invalidChunk, "a chunk does not have as many bytes as its shape needs")
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
        + "(gzip), shuffle and fletcher32 are read", advice: "write it with gzip, or uncompressed")
  }
}
