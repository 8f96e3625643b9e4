import DBNTensors
import DBNTestSupport
import Synchronization
import Testing

/// How slices make up a tensor, rule by rule.
struct SlicedTensorTests {
  private static func sliced(
    _ size: [Int], _ slices: [(offsets: [Int], sizes: [Int])]
  ) throws(CheckpointError) -> SlicedTensor {
    try SlicedTensor(
      .uint8, size: size,
      slices: slices.map { TensorSlice(offsets: $0.offsets, sizes: $0.sizes) })
  }

  static let refused: [(size: [Int], slices: [(offsets: [Int], sizes: [Int])])] = [
    ([4], []),
    ([4], [([0], [3])]),
    ([4], [([0], [5])]),
    ([4], [([1], [4])]),
    ([4], [([0], [2]), ([1], [2])]),
    ([4], [([0], [2]), ([0], [2])]),
    ([4], [([0], [4]), ([2], [1])]),
    ([2, 2], [([0, 0], [1, 2]), ([1, 1], [1, 1])]),
    ([2, 2], [([0], [2])]),
    ([2, 2], [([0, 0], [2])]),
    ([4], [([.max], [1])]),
    ([4], [([1], [.max])]),
    ([], []),
  ]

  @Test(arguments: refused)
  func holesOverlapsAndWhatLiesOutsideAreRefused(
    rule: (size: [Int], slices: [(offsets: [Int], sizes: [Int])])
  ) throws {
    let error = try #require(throws: CheckpointError.self) {
      _ = try Self.sliced(rule.size, rule.slices)
    }
    #expect(error.code == .tensorSlices)
  }

  @Test func moreSlicesThanAnyJobHasRanksAreRefused() throws {
    let slices = (0..<20_001).map { (offsets: [$0], sizes: [1]) }
    let error = try #require(throws: CheckpointError.self) {
      _ = try Self.sliced([20_001], slices)
    }
    #expect(error.code == .limitExceeded)
  }

  /// Every element says where it belongs: its place in the whole.
  static let whole: [(size: [Int], cuts: [[Int]])] = [
    ([7], [[3]]), ([7, 5], [[4], []]), ([7, 5], [[], [3]]), ([7, 5], [[4], [1, 3]]),
    ([2, 5, 3], [[], [3], []]), ([3, 5, 3], [[2], [1], [1, 2]]),
    ([2, 3, 1, 4], [[1], [], [], [2]]),
    ([], []), ([4], [[]]),
  ]

  @Test(arguments: whole)
  func slicesAreCopiedToTheirPlace(tensor: (size: [Int], cuts: [[Int]])) throws {
    let slices = Self.boxes(tensor.size, tensor.cuts)
    let sliced = try Self.sliced(
      tensor.size,
      slices + [(tensor.size.map { _ in 0 }, tensor.size.map { _ in 0 })].filter { !$0.0.isEmpty })
    let result = try sliced.tensor { slice throws(CheckpointError) in
      let bytes = Self.places(slice, in: tensor.size)
      return try Tensor(.uint8, shape: slice.sizes, storage: TensorStorage(ByteRegion(bytes)))
    }
    let count = tensor.size.reduce(1, *)
    let bytes = try result.storage.withBytes { bytes in
      (0..<count).map { bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    }
    #expect(bytes == (0..<count).map { UInt8($0) })
    var pieces: [UInt8] = []
    try result.storage.read(pieces: 3) { _, piece in piece.withUnsafeBytes { pieces += $0 } }
    #expect(pieces == bytes)
  }

  /// However the slices are cut, and however the pieces: those of several bytes end within an element.
  @Test func slicesOfAnyTypeAreAssembledInPieces() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed)
    for _ in 0..<100 {
      let size = (0..<3).map { _ in Int.random(in: 1...6, using: &generator) }
      let cuts = size.map { count in
        (1..<max(2, count)).filter { $0 < count && Bool.random(using: &generator) }
      }
      let slices = Self.boxes(size, cuts).map { TensorSlice(offsets: $0.offsets, sizes: $0.sizes) }
      let sliced = try SlicedTensor(.complex128, size: size, slices: slices)
      let result = try sliced.tensor { slice throws(CheckpointError) in
        let bytes = Self.places(slice, in: size).flatMap { place in
          (0..<16).map { place ^ UInt8($0) }
        }
        return try Tensor(
          .complex128, shape: slice.sizes,
          storage: TensorStorage(ByteRegion(bytes), crc32: CRC32.of(bytes.span.bytes)))
      }
      var pieces: [UInt8] = []
      try result.storage.read(pieces: Int.random(in: 1...100, using: &generator)) { start, piece in
        #expect(start == pieces.count)
        piece.withUnsafeBytes { pieces += $0 }
      }
      let expected = (0..<size.reduce(1, *)).flatMap { place in (0..<16).map { UInt8(place) ^ $0 } }
      #expect(pieces == expected, "seed \(seed): \(size) \(cuts)")
    }
  }

  /// Slices that are not in a file as they are may each be as large as memory.
  @Test func slicesThatAreComputedAreNotKeptInMemory() throws {
    let (rows, columns) = (1 << 10, 40 << 10)
    let half = TensorStorage(
      SlabbedBytes(byteCount: rows * columns, slabByteCount: columns) { range, target in
        for start in stride(from: 0, to: range.count, by: columns) {
          target[start] = UInt8((range.lowerBound + start) / columns % 251)
        }
      })
    let slices = [0, columns].map { TensorSlice(offsets: [0, $0], sizes: [rows, columns]) }
    let sliced = try SlicedTensor(.uint8, size: [rows, 2 * columns], slices: slices)
    let tensor = try sliced.tensor { _ throws(CheckpointError) in
      try Tensor(.uint8, shape: [rows, columns], storage: half)
    }
    #expect(tensor.storage.largestBuffer <= 4 << 20)
    let mapped = Mutex(0)
    var isRight = true
    try FileEvent.observe({ event in
      if event.kind == .mapped { mapped.withLock { $0 += 1 } }
    }) {
      try tensor.storage.read(pieces: columns) { start, piece in
        let row = start / (2 * columns)
        isRight = isRight && piece.unsafeLoad(as: UInt8.self) == UInt8(row % 251)
      }
    }
    #expect(isRight && mapped.withLock { $0 } == 2)
  }

  /// The boxes between cuts of each dimension.
  private static func boxes(
    _ size: [Int], _ cuts: [[Int]]
  ) -> [(offsets: [Int], sizes: [Int])] {
    var boxes: [(offsets: [Int], sizes: [Int])] = [([], [])]
    for (count, cuts) in zip(size, cuts) {
      let edges = [0] + cuts + [count]
      boxes = boxes.flatMap { box in
        zip(edges, edges.dropFirst()).map { (box.offsets + [$0], box.sizes + [$1 - $0]) }
      }
    }
    return boxes
  }

  /// The places of a box's elements in the whole, in row-major order.
  private static func places(_ slice: TensorSlice, in size: [Int]) -> [UInt8] {
    var places = [0]
    for (index, count) in size.enumerated() {
      places = places.flatMap { place in
        (0..<slice.sizes[index]).map { place * count + slice.offsets[index] + $0 }
      }
    }
    return places.map { UInt8($0) }
  }
}
