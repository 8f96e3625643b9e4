import TestSupport
import Tensors
import Testing

@testable import HDF5

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
        try storage.scan(of: size) { start, bytes in
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
    var generator = Generator(state: seed)
    for _ in 0..<200 {
      let rank = Int.random(in: 1...4, using: &generator)
      let shape = (0..<rank).map { _ in Int.random(in: 1...7, using: &generator) }
      let chunkShape = (0..<rank).map { _ in Int.random(in: 1...9, using: &generator) }
      try check(shape, chunkShape, &generator)
    }
  }

  private func check(
    _ shape: [Int], _ chunkShape: [Int], _ generator: inout Generator
  ) throws {
    var (file, chunks) = ([UInt8](), [Catalog.Chunks.Chunk]())
    var expected = [UInt8](repeating: 9, count: shape.reduce(1, *))
    for origin in Self.indices(zip(shape, chunkShape).map { ($0 + $1 - 1) / $1 }) {
      guard Int.random(in: 0..<5, using: &generator) > 0 else { continue }
      let start = zip(origin, chunkShape).map(*)
      chunks.append(
        .init(
          origin: start, offset: file.count, byteCount: chunkShape.reduce(1, *), filterMask: 0))
      for place in Self.indices(chunkShape) {
        let value = UInt8.random(in: 0...255, using: &generator)
        file.append(value)
        let index = zip(start, place).map(+)
        guard zip(index, shape).allSatisfy(<) else { continue }
        expected[zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }] = value
      }
    }
    var catalog = Catalog()
    catalog.datasets = [
      .init(
        path: "x", type: .scalar(.uint8, isBigEndian: false), shape: shape,
        extent: .chunked(
          .init(
            shape: chunkShape, filters: [], chunks: chunks, fill: [9], leavesEdgesUnfiltered: false)
        ))
    ]
    var contents = DatasetContents(catalog, ByteRegion(file))
    let storage = try contents.tensor(0).storage
    for size in [1, 5, 64, 4096] {
      var pieces: [UInt8] = []
      try storage.scan(of: size) { _, bytes in pieces += bytes.withUnsafeBytes { Array($0) } }
      #expect(pieces == expected, "\(shape) in chunks of \(chunkShape)")
    }
  }

  private static func indices(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { indices, size in
      indices.flatMap { index in (0..<size).map { index + [$0] } }
    }
  }

  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }
}
