import DBNTensors
import Synchronization
import Testing

/// Every kind of source gives the same bytes by each way.
struct ByteSourceTests {
  private static let content: [UInt8] = (0..<70_000).map {
    UInt8(truncatingIfNeeded: $0 &* $0 >> 3)
  }

  private static func deflated() throws -> DeflatedBytes {
    let target = UnsafeMutableRawBufferPointer.allocate(byteCount: 100_000, alignment: 16)
    defer { target.deallocate() }
    let count = try content.withUnsafeBytes { source throws(CheckpointError) in
      try Deflate.deflate(source, level: 6, period: content.count, into: target)
    }
    let stream = ByteRegion(Array(target.prefix(count ?? 0)))
    return DeflatedBytes(stream, .zlib, byteCount: content.count, record: "r")
  }

  private static let region = TensorStorage(ByteRegion(content))
  private static let crc32 = CRC32.of(content.span.bytes)

  private static let storages: [(name: String, make: @Sendable () throws -> TensorStorage)] = [
    ("region", { region }),
    ("array", { TensorStorage(content) }),
    ("deflated", { TensorStorage(try deflated()) }),
    (
      "part",
      {
        let whole = ByteRegion([1, 2, 3, 4] + content)
        return TensorStorage(
          try whole.slice(from: 4, count: content.count), of: TensorStorage(whole))
      }
    ),
    (
      "slabs",
      {
        TensorStorage(
          SlabbedBytes(byteCount: content.count, slabByteCount: 1000, windowByteCount: 5000) {
            range, target in target.copyBytes(from: content[range])
          })
      }
    ),
    (
      "converted twice",
      {
        TensorStorage(
          TensorStorage(TensorStorage(try deflated()), converting: .swappingBytes(of: 4)),
          converting: .swappingBytes(of: 4))
      }
    ),
    ("computed", { TensorStorage(computing: content.count) { $0.copyBytes(from: content) } }),
    (
      "sliced",
      {
        let parts = [0..<300, 300..<301, 301..<500].map { columns in
          let rows = (0..<140).flatMap { row in
            content[row * 500 + columns.lowerBound..<row * 500 + columns.upperBound]
          }
          return (
            slice: TensorSlice(offsets: [0, columns.lowerBound], sizes: [140, columns.count]),
            storage: TensorStorage(ByteRegion(rows), crc32: CRC32.of(rows.span.bytes))
          )
        }
        return TensorStorage(SlicedBytes(shape: [140, 500], elementSize: 1, parts))
      }
    ),
    (
      "joined",
      {
        let parts = [content[..<7], content[7..<7], content[7...]]
        return TensorStorage(JoinedBytes(parts.map { TensorStorage(ByteRegion(Array($0))) }))
      }
    ),
    (
      "ranges",
      {
        let whole = TensorStorage(content)
        return TensorStorage(
          JoinedRanges([0..<7, 7..<60_000, 60_000..<70_000].map { .init(whole, $0) }))
      }
    ),
    ("checked", { TensorStorage(ByteRegion(content), crc32: crc32) }),
    ("checked and deflated", { TensorStorage(try deflated(), crc32: crc32) }),
  ]

  @Test(arguments: storages.map(\.name), [1 << 20, 65_535, 4096, 1000])
  func piecesAreTheWhole(name: String, size: Int) throws {
    let storage = try #require(Self.storages.first { $0.name == name }).make()
    #expect(storage.byteCount == Self.content.count)
    #expect(try storage.withBytes { $0.hasEqualBytes(to: Self.content.span.bytes) })
    var pieces: [UInt8] = []
    try storage.read(pieces: size) { start, piece in
      #expect(start == pieces.count && piece.byteCount <= size)
      pieces += piece.withUnsafeBytes { Array($0) }
    }
    #expect(pieces == Self.content)
    var count = 0
    #expect(try storage.crc32(pieces: size) { count += $1.byteCount } == Self.crc32)
    #expect(count == Self.content.count)
  }

  /// As samples are read: only some of them.
  @Test(arguments: storages.map(\.name), [0, 4, 4096, 10_000, 70_000])
  func aPrefixIsTheFirstBytesAndNoMore(name: String, count: Int) throws {
    let storage = try #require(Self.storages.first { $0.name == name }).make()
    var pieces: [UInt8] = []
    try storage.read(pieces: 3000, upTo: count) { start, piece in
      #expect(start == pieces.count)
      pieces += piece.withUnsafeBytes { Array($0) }
    }
    #expect(pieces == Array(Self.content.prefix(count)))
  }

  @Test(arguments: storages.map(\.name))
  func openedBytesAreReadInAnyOrder(name: String) throws {
    let storage = try #require(Self.storages.first { $0.name == name }).make()
    for bytes in [try storage.opened(), try storage.openedUnchecked()] {
      for start in [69_996, 0, 4000] {
        #expect(
          try bytes.slice(from: start, count: 4).array == Array(Self.content[start..<start + 4]))
      }
    }
  }

  /// Copies of large storages are passed on in pieces.
  @Test func copiesOfLargeStoragesTakeNoMemory() throws {
    let large = TensorStorage(zeros: 5 << 20)
    let sources: [any ByteSource] = [
      RepeatedBytes(Self.region, count: 1000), JoinedBytes([large, Self.region]),
      JoinedRanges([.init(Self.region, 0..<9), .init(large, 7..<large.byteCount)]),
    ]
    for source in sources {
      let storage = TensorStorage(source)
      #expect(storage.largestBuffer <= large.byteCount && storage.byteCount > 5 << 20)
      let whole = try storage.bytes().array
      var pieces: [UInt8] = []
      try storage.read(pieces: 65_535) { start, piece in
        #expect(start == pieces.count && piece.byteCount <= 65_535)
        piece.withUnsafeBytes { pieces += $0 }
      }
      #expect(pieces == whole)
      var prefix: [UInt8] = []
      try storage.read(pieces: 1000, upTo: 71_001) { _, piece in
        piece.withUnsafeBytes { prefix += $0 }
      }
      #expect(prefix == Array(whole[..<71_001]))
    }
  }

  /// What is compressed is decompressed once for all tensors that have parts of it.
  @Test func aSharedStorageIsReadOnce() throws {
    let reads = Atomic(0)
    let whole = UnpackedBytes(
      TensorStorage(computing: 64) { target in
        reads.add(1, ordering: .relaxed)
        for index in target.indices { target[index] = UInt8(index) }
      })
    let tensors = (0..<4).map { index in
      _ = whole.addView()
      return TensorStorage(JoinedRanges([.init(whole, index * 16..<index * 16 + 16)]))
    }
    for (index, tensor) in tensors.enumerated() {
      #expect(try tensor.bytes().array == Array(UInt8(index * 16)..<UInt8(index * 16 + 16)))
    }
    #expect(reads.load(ordering: .relaxed) == 1)
  }

  @Test func copiesAreRepeated() throws {
    let storage = TensorStorage(RepeatedBytes(Self.region, count: 3))
    let expected = Self.content + Self.content + Self.content
    #expect(try storage.withBytes { $0.hasEqualBytes(to: expected.span.bytes) })
    #expect(try storage.crc32() == CRC32.of(expected.span.bytes))
    #expect(TensorStorage(RepeatedBytes(Self.region, count: 0)).byteCount == 0)
  }

  /// Whichever way the bytes are taken, and whatever is made of them.
  @Test func aWrongChecksumIsFoundByEveryWay() throws {
    let damaged = { TensorStorage(ByteRegion(Self.content), crc32: 7, record: "data/0") }
    let ways: [(TensorStorage) throws -> Void] = [
      { _ = try $0.withBytes { _ in } }, { try $0.read(pieces: 4096) { _, _ in } },
      { try $0.read(pieces: 4096, upTo: 4) { _, _ in } }, { _ = try $0.crc32() },
      { _ = try $0.crc32(pieces: 4096) { _, _ in } }, { _ = try $0.opened() },
      { _ = try $0.hasEqualBytes(to: TensorStorage(Self.content)) },
    ]
    let made: [(TensorStorage) throws -> TensorStorage] = [
      { $0 }, { TensorStorage($0, converting: .swappingBytes(of: 4)) },
      { TensorStorage(try ByteRegion(Self.content).slice(from: 4, count: 8), of: $0) },
      { TensorStorage(RepeatedBytes($0, count: 2)) }, { TensorStorage(JoinedBytes([$0, $0])) },
      { TensorStorage(JoinedRanges([.init($0, 4..<8), .init($0, 8..<12)])) },
      { storage in
        let rows = [0, 1].map { TensorSlice(offsets: [$0, 0], sizes: [1, storage.byteCount]) }
        return TensorStorage(
          SlicedBytes(
            shape: [2, storage.byteCount], elementSize: 1, rows.map { ($0, storage) }))
      },
    ]
    for make in made {
      for way in ways {
        let storage = try make(damaged())
        let error = #expect(throws: CheckpointError.self) {
          try way(storage)
          // Bytes of other lengths are never equal, and need no check.
          if storage.byteCount != Self.content.count { _ = try storage.crc32() }
        }
        #expect(error?.code == .checksumMismatch && error?.reason.contains("data/0") == true)
      }
    }
  }
}
