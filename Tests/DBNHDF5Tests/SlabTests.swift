import DBNTensors
import DBNTestSupport
import Testing

@testable import DBNHDF5

/// Datasets in chunks, read some rows of chunks at a time.
struct SlabTests {
  /// Every tensor of the files that h5py wrote, in pieces that fit no chunk: the bytes of the whole.
  @Test(arguments: Fixture.all("hdf5").filter { $0.name != "hdf5/hostile" } + Fixture.all("keras"))
  func piecesAreTheBytesOfTheWhole(fixture: Fixture) throws {
    let root = try HDF5Checkpoint.read(fixture.file("weights.h5")).root
    for (path, value) in root.leaves {
      guard let storage = value.tensor?.storage else { continue }
      let whole = try storage.withBytes { bytes in bytes.withUnsafeBytes { Array($0) } }
      for size in [1, 13, 1000, 1 << 20] where whole.count / size < 10_000 {
        var pieces: [UInt8] = []
        try storage.read(pieces: size) { start, bytes in
          #expect(start == pieces.count)
          pieces += bytes.withUnsafeBytes { Array($0) }
        }
        #expect(pieces == whole, "\(path)")
      }
    }
  }

  /// Chunks of every kind of shape, those at the edges reaching over, some never written.
  @Test func randomChunksAreFoundInTheirSlabs() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("SlabTests: seed \(seed)")
    var generator = SeededGenerator(seed)
    for _ in 0..<200 {
      let rank = Int.random(in: 1...4, using: &generator)
      let shape = (0..<rank).map { _ in Int.random(in: 1...7, using: &generator) }
      let chunkShape = (0..<rank).map { _ in Int.random(in: 1...9, using: &generator) }
      try check(shape, chunkShape, &generator)
    }
  }

  private func check(
    _ shape: [Int], _ chunkShape: [Int], _ generator: inout SeededGenerator
  ) throws {
    let dataset = RandomChunks(shape, chunkShape, using: &generator)
    var contents = DatasetContents(dataset.catalog, ByteRegion(dataset.file))
    let storage = try contents.tensor(0).storage
    for size in [1, 5, 64, 4096] {
      var pieces: [UInt8] = []
      try storage.read(pieces: size) { _, bytes in pieces += bytes.withUnsafeBytes { Array($0) } }
      #expect(pieces == dataset.expected, "\(shape) in chunks of \(chunkShape)")
    }
    let inPieces = try dataset.catalog.datasets[0].readInPieces(from: ByteRegion(dataset.file))
    #expect(inPieces == dataset.expected, "\(shape) in chunks of \(chunkShape), \(dataset.catalog)")
  }

  /// Chunks too large to be in memory beside the dataset give the same bytes: here all are taken for
  /// such.
  @Test(arguments: Fixture.all("hdf5").filter { $0.name != "hdf5/hostile" } + Fixture.all("keras"))
  func largeChunksAreDecodedInPieces(fixture: Fixture) throws {
    let file = try MappedFile.open(fixture.file("weights.h5"))
    for dataset in try CatalogParser.read(file).datasets {
      guard case .chunked(let chunks) = dataset.extent else { continue }
      let whole = try ChunkedDataset(chunks, of: dataset).readAll(from: file)
      #expect(try dataset.readInPieces(from: file) == whole, "\(dataset.path)")
    }
  }

  /// A stream that ends early, goes on or has a wrong checksum, in chunks that are decoded in pieces.
  @Test func damagedLargeChunksAreRefused() throws {
    var generator = SeededGenerator(7)
    let chunks = RandomChunks([5, 6], [5, 6], of: 4, [.shuffle, .deflate], using: &generator)
    for damage in [chunks.file.count - 1, chunks.file.count / 2, 0] {
      var file = chunks.file
      file[damage] ^= 0x10
      let error = try #require(throws: CheckpointError.self) {
        try chunks.catalog.datasets[0].readInPieces(from: ByteRegion(file))
      }
      #expect(error.code == .invalidChunk && error.name == "x")
    }
  }

  /// As libhdf5 has them or not: large chunks only by filters whose bytes come in pieces.
  @Test(arguments: [
    (filters: [2, 1, 3], element: 4, isRead: true), ([1], 4, true), ([3], 4, true),
    ([2, 3, 1], 4, false), ([1, 2], 4, false), ([2, 1], 2, false),
  ])
  func largeChunksNeedFiltersInTheUsualOrder(
    order: (filters: [Int], element: Int, isRead: Bool)
  ) throws {
    let count = 1 << 28
    let filters = order.filters.map {
      Catalog.Chunks.Filter(identifier: $0, parameters: $0 == 2 ? [UInt32(order.element)] : [])
    }
    let stored = filters.contains { $0.identifier == 1 } ? 1 << 21 : 4 * count + 4
    let dataset = Self.dataset(
      [count], filters,
      [
        .init(
          origin: [0], offset: 0, byteCount: stored, filterMask: 0)
      ])
    guard case .chunked(let chunks) = dataset.extent else { return }
    var code: CheckpointError.Code?
    do throws(CheckpointError) {
      _ = try ChunkedDataset(chunks, of: dataset)
    } catch {
      code = error.code
    }
    #expect(code == (order.isRead ? nil : .unsupportedFilter))
  }

  /// Nothing is stored that would show that the size is a lie.
  @Test(arguments: [[0xFFFF_FFFF, 0x1FFF_FFFF], [0xFFFF_FFFF, 0x0FFF_FFFF], [1 << 47, 1]])
  func chunksOfMoreBytesThanThereAreAreRefused(shape: [Int]) throws {
    let dataset = Self.dataset(shape, [], [])
    guard case .chunked(let chunks) = dataset.extent else { return }
    let error = #expect(throws: CheckpointError.self) {
      _ = try ChunkedDataset(chunks, of: dataset)
    }
    #expect(error?.code == .declaredTooLarge)
  }

  /// A dataset of ten rows, in chunks of this shape.
  private static func dataset(
    _ chunkShape: [Int], _ filters: [Catalog.Chunks.Filter], _ chunks: [Catalog.Chunks.Chunk]
  ) -> Catalog.Dataset {
    .init(
      "x", type: .scalar(.float32), shape: chunkShape.map { _ in 10 },
      extent: .chunked(
        .init(
          shape: chunkShape, filters: filters, chunks: chunks, fill: [0, 0, 0, 0],
          leavesEdgesUnfiltered: false)))
  }
}

extension Catalog.Dataset {
  /// The bytes of a dataset in chunks, all of which are taken for large.
  fileprivate func readInPieces(from file: ByteRegion) throws -> [UInt8] {
    guard case .chunked(let chunks) = extent else { return [] }
    var dataset = try ChunkedDataset(chunks, of: self)
    dataset.largestBlockByteCount = 0
    return try dataset.readAll(from: file)
  }
}

extension ChunkedDataset {
  fileprivate func readAll(from file: ByteRegion) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    try bytes.withUnsafeMutableBytes { try read(0..<byteCount, from: file, to: $0) }
    return bytes
  }
}
