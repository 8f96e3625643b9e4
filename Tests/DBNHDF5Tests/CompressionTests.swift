import DBNCheckpointFormats
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

@testable import DBNHDF5

/// Tensors written in chunks, shuffled and deflated.
struct CompressionTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @discardableResult
  private func write(
    _ dictionary: CheckpointDictionary, level: Int = 4, to name: String = "a.h5"
  ) throws -> Catalog {
    try HDF5Format().write(
      Checkpoint(root: .dictionary(dictionary)), to: folder.file(name),
      options: WritingOptions(existing: .replace, compression: .gzip(level: level)))
    return try Catalog.reading(folder.file(name))
  }

  private func chunked(_ catalog: Catalog, _ name: String) -> Catalog.Chunks? {
    guard case .chunked(let chunks)? = catalog.datasets.first(where: { $0.path == name })?.extent
    else { return nil }
    return chunks
  }

  /// Elements of which the last bytes are noise and the first are few, as those of weights are.
  private func weights(_ shape: [Int], _ type: ScalarType = .float32) throws -> Tensor {
    var state: UInt64 = 7
    let size = type.byteCount
    let bytes = (0..<shape.reduce(size, *)).map { index -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56) & (index % size == size - 1 ? 3 : 255)
    }
    return try Tensor(type, shape: shape, storage: TensorStorage(ByteRegion(bytes)))
  }

  @Test(arguments: ScalarType.allCases)
  func everyScalarTypeAndShapeComesBack(type: ScalarType) throws {
    var dictionary = CheckpointDictionary()
    let shapes = [
      [], [0], [3, 0, 2], [5], [20_000], [7, 3001], [3, 2, 2801], [1, 1, 20_011, 1],
      [3, 300_001], [2, 2, 150_001],
    ]
    for shape in shapes {
      dictionary.set(.string("\(shape)"), to: .tensor(try weights(shape, type)))
    }
    let catalog = try write(dictionary)
    let read = try HDF5Checkpoint.read(folder.file("a.h5"))
    #expect(try Expectation.tree(read.root) == Expectation.tree(.dictionary(dictionary)))
    for shape in shapes {
      let isLarge = shape.reduce(type.byteCount, *) >= ChunkPlan.leastByteCount
      #expect((chunked(catalog, "\(shape)") != nil) == isLarge, "\(shape)")
    }
  }

  @Test func valuesAndTiesAreKeptBesideCompressedTensors() throws {
    let shared = try weights([100, 200])
    var dictionary = try Sample.stateDict(["small"])
    for name in ["a", "b"] { dictionary.set(.string(name), to: .tensor(shared)) }
    for (index, value) in Sample.values.enumerated() { dictionary.set(.int(index), to: value) }
    let catalog = try write(dictionary)
    let root = try HDF5Checkpoint.read(folder.file("a.h5")).root
    #expect(try Expectation.tree(root) == Expectation.tree(.dictionary(dictionary)))
    let first = try #require(root.dictionary?["a"]?.tensor)
    #expect(root.dictionary?["b"]?.tensor?.isTied(to: first) == true)
    #expect(chunked(catalog, "small") == nil)
  }

  /// In memory, computed whole, converted on the way and read from compressed chunks.
  @Test func compressedBytesDoNotDependOnWhereTheTensorsLay() throws {
    let tensor = try weights([7, 300_001])
    let bytes = try tensor.storage.withBytes { bytes in bytes.withUnsafeBytes { Array($0) } }
    let storages = [
      tensor.storage, TensorStorage(computing: bytes.count) { $0.copyBytes(from: bytes) },
      TensorStorage(
        TensorStorage(tensor.storage, converting: .swappingBytes(of: 4)),
        converting: .swappingBytes(of: 4)),
    ]
    for (index, storage) in storages.enumerated() {
      var dictionary = CheckpointDictionary()
      let tensor = try Tensor(.float32, shape: tensor.shape, storage: storage)
      dictionary.set(.string("a"), to: .tensor(tensor))
      try write(dictionary, to: "\(index).h5")
    }
    let read = try #require(try HDF5Checkpoint.read(folder.file("0.h5")).root.dictionary)
    try write(read, to: "3.h5")
    let first = try MappedFile.open(folder.file("0.h5")).array
    for index in 1...3 {
      #expect(try MappedFile.open(folder.file("\(index).h5")).array == first, "\(index)")
    }
  }

  @Test(arguments: [1, 4, 9])
  func filtersAreThoseOfH5py(level: Int) throws {
    var dictionary = CheckpointDictionary()
    dictionary.set(.string("a"), to: .tensor(try weights([300, 1000])))
    let chunks = try #require(chunked(write(dictionary, level: level), "a"))
    #expect(chunks.filters.map(\.identifier) == [2, 1])
    #expect(chunks.filters.map(\.parameters) == [[4], [UInt32(level)]])
    #expect(chunks.chunks.allSatisfy { $0.filterMask == 0 })
    #expect(chunks.chunks.reduce(0) { $0 + $1.byteCount } < 1_000_000)
  }

  @Test func bytesThatDoNotCompressAreKeptAsTheyAre() throws {
    var generator = SystemRandomNumberGenerator()
    let noise = (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    var dictionary = CheckpointDictionary()
    let tensor = try Tensor(.uint8, shape: [100_000], storage: TensorStorage(ByteRegion(noise)))
    dictionary.set(.string("a"), to: .tensor(tensor))
    let chunks = try #require(chunked(write(dictionary), "a"))
    #expect(chunks.chunks.map(\.filterMask) == [0b11])
    let read = try HDF5Checkpoint.read(folder.file("a.h5")).root
    #expect(try Expectation.tree(read) == Expectation.tree(.dictionary(dictionary)))
  }

  @Test func aSecondWriteGivesTheSameBytes() throws {
    var dictionary = CheckpointDictionary()
    for index in 0..<70 {
      dictionary.set(.int(index), to: .tensor(try weights([index + 1, 9000])))
    }
    try write(dictionary, to: "a.h5")
    let reread = try #require(HDF5Checkpoint.read(folder.file("a.h5")).root.dictionary)
    try write(reread, to: "b.h5")
    let files = try ["a.h5", "b.h5"].map { try Data(contentsOf: URL(filePath: folder.file($0))) }
    #expect(files[0] == files[1])
  }

  @Test func aDamagedSourceIsNamed() throws {
    let bytes = ByteRegion([UInt8](repeating: 1, count: 100_000))
    var dictionary = CheckpointDictionary()
    let storage = TensorStorage(bytes, crc32: 7)
    dictionary.set(
      .string("bad"), to: .tensor(try Tensor(.int8, shape: [100_000], storage: storage)))
    let error = #expect(throws: CheckpointError.self) { try write(dictionary) }
    #expect(error?.code == .checksumMismatch && error?.name == "bad")
    #expect(folder.contents.isEmpty)
  }

  @Test(arguments: [0, 10, -1])
  func unknownLevelsAreRefused(level: Int) throws {
    let error = #expect(throws: CheckpointError.self) {
      try write(CheckpointDictionary(), level: level)
    }
    #expect(error?.code == .cannotBeWritten && error?.path == folder.file("a.h5"))
  }

  @Test func shardsAreRefused() {
    let error = #expect(throws: CheckpointError.self) {
      try HDF5Format().write(
        Checkpoint(root: .none), to: folder.file("a.h5"), options: WritingOptions(shardByteCount: 1)
      )
    }
    #expect(error?.code == .cannotBeWritten)
  }

  @Test(arguments: [
    ([100, 64], 4), ([1000, 2048], 4), ([512, 512, 3, 3], 4), ([2, 1_000_003], 8),
    ([3, 5, 400_000], 2), ([70_000_001], 1), ([1, 1, 1, 131_073], 4),
  ])
  func chunksAreRunsThatCoverTheTensor(shape: [Int], elementSize: Int) throws {
    let plan = try #require(ChunkPlan(shape: shape, elementSize: elementSize))
    #expect(plan.chunkByteCount <= ChunkPlan.byteCount)
    var end = 0
    for index in 0..<plan.chunkCount {
      let (origin, bytes) = plan.chunk(index)
      #expect(bytes.lowerBound == end && bytes.count <= plan.chunkByteCount)
      let first = zip(origin, shape).reduce(0) { $0 * $1.1 + $1.0 } * elementSize
      #expect(first == bytes.lowerBound)
      #expect(zip(origin, plan.chunkShape).allSatisfy { $0 % $1 == 0 })
      end = bytes.upperBound
    }
    #expect(end == shape.reduce(elementSize, *))
    #expect(plan.chunkCount * plan.chunkByteCount < end + end / 8 + plan.chunkByteCount / 8)
  }
}

struct ShuffleTests {
  @Test(arguments: [1, 2, 3, 4, 8, 16], [0, 1, 7, 16, 33, 100])
  func undoingAShuffleGivesTheBytes(elementSize: Int, count: Int) {
    let bytes = (0..<count).map { UInt8($0) }
    var (shuffled, back) = (bytes, bytes)
    bytes.withUnsafeBytes { source in
      shuffled.withUnsafeMutableBytes { Shuffle.apply(source, elementSize: elementSize, into: $0) }
    }
    let whole = count / elementSize
    for index in 0..<whole * elementSize {
      #expect(shuffled[index % elementSize * whole + index / elementSize] == bytes[index])
    }
    shuffled.withUnsafeBytes { source in
      back.withUnsafeMutableBytes { Shuffle.undo(source, elementSize: elementSize, into: $0) }
    }
    #expect(back == bytes)
  }
}
