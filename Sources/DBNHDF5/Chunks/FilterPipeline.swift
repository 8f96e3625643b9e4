internal import DBNTensors

/// The filters that were applied to a chunk when it was written; reading undoes them from the last
/// to the first.
struct FilterPipeline: Sendable {
  fileprivate enum Filter: Sendable {
    case deflate
    case shuffle(elementSize: Int)
    case fletcher32
    case lzf
    case nBit(NBit)
    case scaleOffset(ScaleOffset)

    /// Whether it compresses bytes, whatever they are.
    var isCompression: Bool {
      switch self {
      case .deflate, .lzf: true
      case .shuffle, .fletcher32, .nBit, .scaleOffset: false
      }
    }

    /// Whether it packs numbers, of which a few bits may be left.
    var isPacking: Bool {
      switch self {
      case .nBit, .scaleOffset: true
      case .deflate, .lzf, .shuffle, .fletcher32: false
      }
    }
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
      guard let known = Filter(filter) else {
        throw FilterPipeline.unsupported(filter.identifier, name)
      }
      return known
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
    guard filters.count(where: \.isCompression) < 2,
      !filters.dropFirst().contains(where: \.isPacking)
    else {
      throw CheckpointError(
        .unsupportedFilter, name: name, offset: chunk.offset,
        "has chunks that are compressed twice, or packed after another filter",
        advice: "write it with gzip only")
    }
    if let byteCount = sizes.last ?? nil {
      guard chunk.byteCount == byteCount else {
        throw ChunkedDataset.invalid(
          name, chunk.offset, "do not have as many bytes as their shape needs")
      }
      return
    }
    guard isPacked || chunkByteCount / Inflate.maximumRatio <= chunk.byteCount else {
      throw CheckpointError(
        .declaredTooLarge, name: name, offset: chunk.offset,
        "\(chunk.byteCount) stored bytes can't decompress to a chunk of \(chunkByteCount) bytes",
        advice: "the file is damaged or malicious; get it again from its source")
    }
  }

  /// Whether the first filter packs numbers, so that a few stored bytes can be a large chunk.
  var isPacked: Bool { filters.first?.isPacking ?? false }

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
    switch rest.first {
    case .shuffle, .lzf, .nBit, .scaleOffset: return false
    case .deflate, .fletcher32, nil: break
    }
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
      case .shuffle, .fletcher32, .lzf, .nBit, .scaleOffset:
        try undo(filters[first], bytes, size: sizes[first]).forEachPiece(of: size, body)
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
      bytes = try undo(filter, bytes, size: size)
    }
    return bytes
  }

  /// The size before each filter and after the last; nil where it depends on the bytes.
  private var sizes: [Int?] {
    var sizes: [Int?] = [chunkByteCount]
    for filter in filters {
      let size = sizes[sizes.count - 1]
      switch filter {
      case .shuffle: sizes.append(size)
      case .fletcher32: sizes.append(size.map { $0 + MemoryLayout<UInt32>.size })
      case .deflate, .lzf, .nBit, .scaleOffset: sizes.append(nil)
      }
    }
    return sizes
  }

  /// The most bytes between two filters: those of the chunk, and the heads and checksums that
  /// filters add.
  private var largestByteCount: Int { chunkByteCount + 256 }

  /// - Parameter size: the number of bytes before the filter, if it is known.
  private func undo(
    _ filter: Filter, _ bytes: ByteRegion, size: Int?
  ) throws(CheckpointError) -> ByteRegion {
    switch filter {
    case .fletcher32: return try Fletcher32.verify(bytes)
    case .deflate where size == nil:
      return try Inflate.inflate(bytes, .zlib, atMost: largestByteCount)
    case .lzf where size == nil:
      var count = 0
      let target = try ByteRegion(scratch: largestByteCount) { target throws(CheckpointError) in
        count = try FilterPipeline.decompressLZF(bytes, into: target)
      }
      return try target.slice(from: 0, count: count)
    case .shuffle, .deflate, .lzf, .nBit, .scaleOffset:
      return try ByteRegion(scratch: size ?? bytes.count) { target throws(CheckpointError) in
        try FilterPipeline.undo(filter, bytes, into: target)
      }
    }
  }

  private static func decompressLZF(
    _ bytes: ByteRegion, into target: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) -> Int {
    try bytes.withBytes { bytes throws(CheckpointError) in
      try bytes.withUnsafeBytes { source throws(CheckpointError) in
        try LZF.decompress(source, into: target)
      }
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
    case .lzf:
      guard try decompressLZF(bytes, into: target) == target.count else {
        throw CheckpointError(.invalidChunk, "a chunk is not as long as its shape")
      }
    case .nBit(let filter):
      try bytes.withBytes { bytes throws(CheckpointError) in
        try bytes.withUnsafeBytes { source throws(CheckpointError) in
          try filter.undo(source, into: target)
        }
      }
    case .scaleOffset(let filter):
      try bytes.withBytes { bytes throws(CheckpointError) in
        try bytes.withUnsafeBytes { source throws(CheckpointError) in
          try filter.undo(source, into: target)
        }
      }
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
      4: "szip", 5: "nbit", 6: "scaleoffset", 305: "lzo", 307: "bzip2", 32001: "blosc",
      32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32015: "zstd", 32026: "blosc2",
    ]
    let filter = known[identifier].map { "\($0) (\(identifier))" } ?? "\(identifier)"
    return CheckpointError(
      .unsupportedFilter, name: name,
      "has chunks that went through the filter \(filter), which is not read"
        + (FilterIdentifier(rawValue: identifier) == nil ? "" : " with these parameters"),
      advice:
        "where the filter's plugin for HDF5 is installed, 'h5repack -f NONE' of HDF5 makes a file "
        + "without it")
  }
}

extension FilterPipeline.Filter {
  /// - Returns: nil for a filter that is not read, or not with these parameters.
  fileprivate init?(_ filter: Catalog.Chunks.Filter) {
    switch FilterIdentifier(rawValue: filter.identifier) {
    case .deflate: self = .deflate
    case .shuffle: self = .shuffle(elementSize: Int(filter.parameters.first ?? 1))
    case .fletcher32: self = .fletcher32
    case .lzf: self = .lzf
    case .nBit:
      guard let filter = NBit(filter.parameters) else { return nil }
      self = .nBit(filter)
    case .scaleOffset:
      guard let filter = ScaleOffset(filter.parameters) else { return nil }
      self = .scaleOffset(filter)
    case nil: return nil
    }
  }
}
