import DBNTensors
import Synchronization
import Testing

/// Bytes that are computed slab by slab.
struct SlabbedBytesTests {
  /// A compressed chunk of a few bytes can be as large as its dataset.
  @Test func aLargeSlabIsInATemporaryFile() throws {
    let byteCount = 80 << 20
    let bytes = SlabbedBytes(byteCount: byteCount, slabByteCount: byteCount) { _, target in
      for place in stride(from: 0, to: target.count, by: 4096) {
        target[place] = UInt8(place >> 20)
      }
    }
    let mapped = Mutex(0)
    var isRight = true
    try FileEvent.observe({ event in
      if event.kind == .mapped { mapped.withLock { $0 += 1 } }
    }) {
      try bytes.read(pieces: 1 << 20) { start, piece in
        isRight = isRight && piece.byteCount == 1 << 20
        isRight = isRight && piece.unsafeLoad(as: UInt8.self) == UInt8(start >> 20)
        isRight = isRight && piece.unsafeLoad(fromByteOffset: 5, as: UInt8.self) == 0
      }
    }
    #expect(isRight && bytes.largestBuffer == 64 << 20 && mapped.withLock { $0 } == 1)
  }

  /// Which slabs were computed, in order.
  private final class Log: Sendable {
    let ranges = Mutex<[Range<Int>]>([])
  }

  private func storage(
    _ byteCount: Int, slab: Int, crc32: UInt32? = nil, _ log: Log = Log()
  ) -> TensorStorage {
    let bytes = SlabbedBytes(byteCount: byteCount, slabByteCount: slab) { range, target in
      log.ranges.withLock { $0.append(range) }
      #expect(range.count == target.count)
      for (place, index) in range.enumerated() { target[place] = Self.byte(index) }
    }
    return TensorStorage(bytes, crc32: crc32)
  }

  private static func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: index * 7 / 3) }

  /// Sizes around the window's 4 MiB, slabs larger and smaller than pieces.
  private static let cases: [(byteCount: Int, slab: Int, piece: Int)] = [
    (0, 5, 3), (1, 1, 1), (1000, 7, 64), (1000, 2000, 64), (9 << 20, 1 << 20, 3 << 20),
    (9 << 20 + 5, 3 << 20, 1000 << 10), ((9 << 20) + 5, 5 << 20, 1 << 20),
    ((13 << 20) + 1, 777, (5 << 20) + 3), (10 << 20, 100 << 20, 1 << 20),
  ]

  @Test(arguments: cases)
  func piecesAreTheBytesAndEverySlabIsComputedOnce(
    byteCount: Int, slab: Int, piece: Int
  ) throws {
    let log = Log()
    var (end, areRight) = (0, true)
    let storage = storage(byteCount, slab: slab, log)
    try storage.read(pieces: piece) { start, bytes in
      areRight = areRight && start == end && bytes.byteCount == min(piece, byteCount - start)
      for index in 0..<bytes.byteCount {
        areRight =
          areRight
          && bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self) == Self.byte(start + index)
      }
      end += bytes.byteCount
    }
    #expect(areRight && end == byteCount)
    let ranges = log.ranges.withLock { $0 }
    for (range, next) in zip(ranges, ranges.dropFirst()) {
      #expect(range.upperBound == next.lowerBound && next.lowerBound % slab == 0)
    }
    #expect(ranges.isEmpty || (ranges[0].lowerBound == 0 && ranges.last?.upperBound == byteCount))
    #expect(try storage.withBytes { $0.byteCount } == byteCount)
  }

  @Test func aPrefixIsReadAlone() throws {
    let log = Log()
    var end = 0
    try storage(100 << 20, slab: 1 << 20, log).read(pieces: 1 << 20, upTo: 3 << 20) {
      end = $0 + $1.byteCount
    }
    #expect(end == 3 << 20)
    #expect(log.ranges.withLock { $0 } == [0..<4 << 20])
  }

  /// Where the file says what the checksum of all is, damage beyond the prefix is found too.
  @Test func aChecksumIsOfAll() throws {
    let crc32 = try storage(8 << 20, slab: 1 << 20).crc32()
    for (expected, isRight) in [(crc32, true), (crc32 ^ 1, false)] {
      var end = 0
      let read = { () throws(CheckpointError) in
        try storage(8 << 20, slab: 1 << 20, crc32: expected).read(pieces: 300_000, upTo: 1 << 20) {
          end = $0 + $1.byteCount
        }
      }
      if isRight { try read() } else { #expect(throws: CheckpointError.self) { try read() } }
      #expect(end == 1 << 20)
    }
  }
}
