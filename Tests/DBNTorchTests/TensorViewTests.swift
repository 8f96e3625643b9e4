import DBNTensors
import DBNTestSupport
import Testing

@testable import DBNTorch

struct TensorViewTests {
  static let types: [(name: String, size: Int)] = [
    ("Byte", 1), ("Half", 2), ("Float", 4), ("Double", 8), ("ComplexDouble", 16),
  ]

  /// Random views, of storages in place and of compressed ones, against a copy element by element.
  @Test(arguments: types, [false, true])
  func stridedViewsAreMadeContiguous(
    type: (name: String, size: Int), isDeflated: Bool
  ) throws {
    var random = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0...UInt64.max, using: &random)
    print("seed \(seed)")
    var generator = SeededGenerator(seed)
    let count = 200
    let storage = (0..<count * type.size).map { _ in UInt8.random(in: 0...255, using: &generator) }
    // A transposed matrix, wider than what is copied at a time, and one in a larger storage.
    let matrices = [
      SmallView(size: [5, 40], stride: [1, 5], offset: 0),
      SmallView(size: [2, 2, 33], stride: [1, 2, 6], offset: 3),
      // The stride of a dimension of one means nothing.
      SmallView(size: [3, 1, 4], stride: [1, .max, 3], offset: 0),
    ]
    let views = (0..<100).map { _ in SmallView(elements: count, using: &generator) }
    for view in matrices + views {
      let pickle = Pickle.tensor(
        view.size, stride: view.stride, offset: view.offset,
        of: Pickle.storage(count: count, type: "torch.\(type.name)Storage"))
      var archive = Pickle.archive(pickle, storage: storage)
      if isDeflated { archive.records = archive.records.map(\.deflated) }
      let root = try TorchCheckpoint.read(ByteRegion(archive.bytes)).root
      let tensor = try #require(root.tensor)
      let found = try tensor.storage.withBytes { ByteRegion.copy($0) }
      let expected = view.positions.flatMap { storage[$0 * type.size..<($0 + 1) * type.size] }
      #expect(found == expected, "seed \(seed): \(view)")
    }
  }

  @Test func sameViewsAreTiedAndOthersAreNot() throws {
    let pickle = Pickle.list(
      Pickle.tensor([4]), Pickle.tensor([4]), Pickle.tensor([2, 2], stride: [2, 1]),
      Pickle.tensor([2]), Pickle.tensor([2]))
    let tensors = try #require(try Pickle.read(pickle).root.elements).compactMap(\.tensor)
    let storages = tensors.map { ObjectIdentifier($0.storage) }
    #expect(storages[0] == storages[1] && storages[3] == storages[4])
    #expect(Set(storages).count == 3)
  }

  /// As the weights of 1x1 convolutions have them in memory formats that are the same to them.
  @Test func theStrideOfADimensionOfOneTellsNoTensorsApart() throws {
    let pickle = Pickle.list(
      Pickle.tensor([4, 1], stride: [1, 1]), Pickle.tensor([4, 1], stride: [1, 4]),
      Pickle.tensor([1, 4], stride: [4, 1]), Pickle.tensor([1, 4], stride: [9, 1]))
    let tensors = try #require(try Pickle.read(pickle).root.elements).compactMap(\.tensor)
    #expect(tensors[0].isTied(to: tensors[1]))
    #expect(!tensors[1].isTied(to: tensors[2]))
    for tensor in tensors { #expect(try tensor.doubles() == [1, 2, 3, 4]) }
  }

  @Test(arguments: [[4], [2]])
  func damagedRecordsAreRefusedWhenTheirTensorsAreRead(size: [Int]) throws {
    let wrong = Pickle.floatsCRC32 ^ 1
    for stride in [[1], [0]] {
      let archive = Pickle.archive(Pickle.tensor(size, stride: stride), crc32: wrong)
      let root = try TorchCheckpoint.read(ByteRegion(archive.bytes)).root
      let error = try #require(throws: CheckpointError.self) { try root.readEverything() }
      #expect(error.code == .checksumMismatch)
      #expect(error.description.contains("data/0"))
    }
  }

  @Test func deflatedArchivesAreRead() throws {
    let pickle = Pickle.list(
      Pickle.tensor(), Pickle.tensor([2], offset: 2), Pickle.tensor([2], stride: [2]))
    var archive = Pickle.archive(pickle, crc32: Pickle.floatsCRC32)
    archive.records = archive.records.map(\.deflated)
    let elements = try TorchCheckpoint.read(ByteRegion(archive.bytes)).root.elements
    let bytes = try #require(elements).compactMap(\.tensor).map {
      try $0.storage.withBytes { ByteRegion.copy($0) }
    }
    #expect(
      bytes == [
        Pickle.floats, Array(Pickle.floats[8...]),
        Array(Pickle.floats[..<4] + Pickle.floats[8..<12]),
      ])
  }

  static let layouts: [(size: [Int], stride: [Int], isOverlapping: Bool)] = [
    ([2, 3], [3, 1], false), ([3, 2], [1, 3], false), ([4, 2], [1, 9], false),
    ([5, 2], [0, 1], false), ([1, 4], [.max, 1], false), ([], [], false),
    ([3, 2], [1, 1], true), ([3, 3], [2, 3], true), ([2, 2, 2], [7, 7, 7], true),
  ]

  /// A row of sliding windows can reach over all pieces of a compressed storage, each of which would
  /// be searched for it: such a storage is read as a whole.
  @Test(arguments: layouts)
  func overlapsAreKnown(layout: (size: [Int], stride: [Int], isOverlapping: Bool)) {
    let view = TensorView(
      record: "0", scalarType: .float32, offset: 1, size: layout.size, stride: layout.stride,
      isConjugate: false, isNegative: false)
    #expect(view.elements.isOverlapping == layout.isOverlapping)
  }

  @Test func emptyViewsMayBeAnywhere() throws {
    let pickle = Pickle.tensor([0, 3], stride: [1 << 61, 1], offset: 1 << 61)
    var archive = Pickle.archive(pickle)
    archive.records = archive.records.map(\.deflated)
    let tensor = try #require(try TorchCheckpoint.read(ByteRegion(archive.bytes)).root.tensor)
    #expect(tensor.shape == [0, 3] && tensor.byteCount == 0)
  }

  static let overlaps: [(views: [[UInt8]], count: Int)] = [
    ([Pickle.tensor([2]), Pickle.tensor([2], offset: 2)], 0),
    ([Pickle.tensor([2], stride: [2]), Pickle.tensor([2], stride: [2], offset: 1)], 0),
    ([Pickle.tensor(), Pickle.tensor()], 0),
    ([Pickle.tensor(), Pickle.tensor([2])], 1),
    ([Pickle.tensor([3]), Pickle.tensor([2], offset: 2)], 1),
    ([Pickle.tensor([2], stride: [2]), Pickle.tensor([3])], 1),
    ([Pickle.tensor([2, 2], stride: [2, 1]), Pickle.tensor([4])], 1),
    ([Pickle.tensor([5], stride: [0]), Pickle.tensor([1], stride: [1])], 1),
  ]

  @Test(arguments: overlaps)
  func overlappingViewsAreNoted(overlap: (views: [[UInt8]], count: Int)) throws {
    let pickle = Pickle.emptyList + Pickle.mark + overlap.views.joined() + Pickle.appends
    let notes = try Pickle.read(pickle).notes
    #expect(notes.count == overlap.count)
    #expect(notes.allSatisfy { $0.contains("'0', '1'") })
  }

  @Test func attributesThatAreLeftOutAreNoted() throws {
    let file = try MappedFile.open(Fixture("torch/buffers").file("checkpoint.pth"))
    let notes = try TorchCheckpoint.read(file).notes
    #expect(notes.count == 2)
    #expect(notes.first?.contains("'noted'") == true && notes.first?.contains("'note'") == true)
  }
}

/// A view of a storage; a random one has up to four dimensions, some of them expanded.
struct SmallView {
  let size: [Int]
  let stride: [Int]
  let offset: Int

  init(size: [Int], stride: [Int], offset: Int) {
    self.size = size
    self.stride = stride
    self.offset = offset
  }

  init(elements: Int, using generator: inout SeededGenerator) {
    let rank = Int.random(in: 0...4, using: &generator)
    size = (0..<rank).map { _ in Int.random(in: 1...4, using: &generator) }
    stride = (0..<rank).map { _ in [0, 1, 2, 3, 4, 8, 12].randomElement(using: &generator) ?? 1 }
    let reach = zip(size, stride).reduce(0) { $0 + ($1.0 - 1) * $1.1 }
    offset = Int.random(in: 0..<elements - reach, using: &generator)
  }

  /// The elements' positions in row-major order.
  var positions: [Int] {
    zip(size, stride).reduce([offset]) { positions, dimension in
      if dimension.0 == 1 { return positions }
      return positions.flatMap { start in (0..<dimension.0).map { start + $0 * dimension.1 } }
    }
  }
}

extension ByteRegion {
  /// The bytes of a span as an array.
  static func copy(_ bytes: RawSpan) -> [UInt8] { bytes.withUnsafeBytes { Array($0) } }
}
