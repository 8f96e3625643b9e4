import DBNTensors
import DBNTestSupport

@testable import DBNHDF5

/// A dataset in chunks of random numbers, some of which were never written.
struct RandomChunks {
  enum Filter: Int {
    case deflate = 1
    case shuffle = 2
  }

  private(set) var file: [UInt8] = []
  private(set) var catalog = Catalog()
  /// The bytes of the dataset.
  private(set) var expected: [UInt8]

  private let shape: [Int]
  private let chunkShape: [Int]
  private let elementSize: Int
  private let filters: [Filter]

  /// Elements and filters, in any order, as chance has it.
  init(_ shape: [Int], _ chunkShape: [Int], using generator: inout SeededGenerator) {
    let orders: [[Filter]] = [
      [], [.shuffle], [.deflate], [.shuffle, .deflate], [.deflate, .shuffle],
    ]
    self.init(
      shape, chunkShape, of: [1, 2, 4, 8].randomElement(using: &generator) ?? 1,
      orders.randomElement(using: &generator) ?? [], using: &generator)
  }

  init(
    _ shape: [Int], _ chunkShape: [Int], of elementSize: Int, _ filters: [Filter],
    using generator: inout SeededGenerator
  ) {
    self.shape = shape
    self.chunkShape = chunkShape
    self.elementSize = elementSize
    self.filters = filters
    expected = [UInt8](repeating: 9, count: shape.reduce(elementSize, *))
    var chunks: [Catalog.Chunks.Chunk] = []
    for origin in Self.indices(zip(shape, chunkShape).map { ($0 + $1 - 1) / $1 }) {
      guard chunks.isEmpty || Int.random(in: 0..<5, using: &generator) > 0 else { continue }
      chunks.append(add(zip(origin, chunkShape).map(*), using: &generator))
    }
    catalog.datasets = [dataset(chunks)]
  }

  /// Writes the chunk that begins at an index.
  private mutating func add(
    _ start: [Int], using generator: inout SeededGenerator
  ) -> Catalog.Chunks.Chunk {
    var bytes: [UInt8] = []
    for place in Self.indices(chunkShape) {
      let element = (0..<elementSize).map { _ in UInt8.random(in: 0...255, using: &generator) }
      bytes += element
      let index = zip(start, place).map(+)
      guard zip(index, shape).allSatisfy(<) else { continue }
      let position = zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 } * elementSize
      expected.replaceSubrange(position..<position + elementSize, with: element)
    }
    let stored = filters.reduce(bytes, filtered)
    file += stored
    return .init(
      origin: start, offset: file.count - stored.count, byteCount: stored.count, filterMask: 0)
  }

  private func filtered(_ bytes: [UInt8], _ filter: Filter) -> [UInt8] {
    switch filter {
    case .deflate: return zlibStream(bytes)
    case .shuffle where Shuffle.applies(to: bytes.count, elementSize: elementSize):
      var shuffled = bytes
      bytes.withUnsafeBytes { source in
        shuffled.withUnsafeMutableBytes {
          Shuffle.apply(source, elementSize: elementSize, into: $0)
        }
      }
      return shuffled
    case .shuffle: return bytes
    }
  }

  /// Stored blocks of zlib's (RFC 1950, 1951).
  private func zlibStream(_ bytes: [UInt8]) -> [UInt8] {
    var (a, b) = (1 as UInt32, 0 as UInt32)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    let count = UInt16(bytes.count)
    return [0x78, 1, 1] + littleEndian(count) + littleEndian(~count) + bytes
      + littleEndian((b << 16 | a).byteSwapped)
  }

  private func dataset(_ chunks: [Catalog.Chunks.Chunk]) -> Catalog.Dataset {
    let types: [Int: ScalarType] = [1: .uint8, 2: .int16, 4: .int32, 8: .int64]
    return .init(
      "x", type: .scalar(types[elementSize] ?? .uint8, isBigEndian: false), shape: shape,
      extent: .chunked(
        .init(
          shape: chunkShape,
          filters: filters.map {
            .init(
              identifier: $0.rawValue, parameters: $0 == .shuffle ? [UInt32(elementSize)] : [])
          },
          chunks: chunks, fill: Array(repeating: 9, count: elementSize),
          leavesEdgesUnfiltered: false)))
  }

  private static func indices(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { indices, size in
      indices.flatMap { index in (0..<size).map { index + [$0] } }
    }
  }
}
