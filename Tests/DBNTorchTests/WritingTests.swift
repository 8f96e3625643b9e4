import DBNCheckpointFormats
import DBNTensors
import DBNTestSupport
import DBNTorch
import DBNZip
import Foundation
import Synchronization
import Testing

/// What is written comes back the same; PyTorch's own reading is checked by `Tests/Interop`.
struct WritingTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: folder.file(name))))
  }

  @discardableResult
  private func roundTrip(_ root: CheckpointValue, history: [JSON] = []) throws -> Checkpoint {
    let path = folder.file("a.pth")
    let losses = try TorchZipFormat().write(
      Checkpoint(root: root, history: history), to: path,
      options: WritingOptions(existing: .replace))
    #expect(losses.isEmpty)
    let read = try TorchCheckpoint.read(MappedFile.open(path))
    #expect(try Expectation.tree(read.root) == Expectation.tree(root))
    #expect(read.history == history)
    #expect(read.notes.isEmpty)
    return read
  }

  @Test(arguments: FixtureTests.readable)
  func everyFixtureIsWrittenAndReadTheSame(fixture: Fixture) throws {
    let original = try TorchCheckpoint.read(MappedFile.open(fixture.file("checkpoint.pth")))
    let read = try roundTrip(original.root)
    if let before = original.root.dictionary.flatMap(StateDict.init),
      let after = read.root.dictionary.flatMap(StateDict.init)
    {
      #expect(try Expectation.tensors(after) == Expectation.tensors(before))
    }
    try TorchZipFormat().write(read, to: folder.file("b.pth"))
    #expect(try bytes("a.pth") == bytes("b.pth"))
  }

  private static func tensor(_ type: ScalarType, _ shape: [Int]) throws -> Tensor {
    let bytes = (0..<shape.reduce(type.byteCount, *)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    return try Tensor(type, shape: shape, storage: TensorStorage(ByteRegion(bytes)))
  }

  @Test(arguments: ScalarType.allCases, [Tensor.Kind.tensor, .parameter, .buffer])
  func everyScalarTypeShapeAndKindSurvives(type: ScalarType, kind: Tensor.Kind) throws {
    var dictionary = CheckpointDictionary(.orderedDict)
    for shape in [[], [0], [3, 0, 2], [1], [5], [2, 3, 4], Array(repeating: 1, count: 32)] {
      var tensor = try Self.tensor(type, shape)
      tensor.kind = kind
      tensor.requiresGrad = shape.count == 1
      dictionary.set(.string("\(shape)"), to: .tensor(tensor))
    }
    try roundTrip(.dictionary(dictionary))
  }

  static let values: [CheckpointValue] = [
    .int(.min), .largeInt([0, 0, 0, 0, 0, 0, 0, 0, 1]),
    .largeInt([UInt8](repeating: 0x7F, count: 255)), .float(-0.0), .float(.nan),
    .complex(real: .nan, imaginary: -0.0), .string(""), .string("a\u{0}\n é e\u{301} 漢"),
    .bytes([]), .bytes(Array(0...255)), .byteArray([]), .byteArray(Array(0...255)), .list([]),
    .tuple([]),
    .set([]), .set([.int(1), .tuple([.string("x")])]), .size([]), .size([2, 3, 4, 5]),
    .scalarType(.bits4x2), .device("cpu"), .device("cuda:12"), .device("meta"),
    .list((0..<1001).map { .int($0) }), .list((0..<2000).map { .int(-$0) }),
  ]

  @Test(arguments: values)
  func everyKindOfValueSurvives(value: CheckpointValue) throws {
    try roundTrip(value)
    try roundTrip(.list([value, value]))
    for kind in [CheckpointDictionary.Kind.dict, .orderedDict, .counter] {
      var dictionary = CheckpointDictionary(kind)
      dictionary.set(.int(-1), to: value)
      if kind != .dict { dictionary.attributes = [("_metadata", value), ("é", value)] }
      try roundTrip(.dictionary(dictionary))
    }
  }

  @Test(arguments: [0, 1, 2, 999, 1000, 1001, 2001])
  func mappingsOfAnySizeKeepTheirOrder(count: Int) throws {
    var dictionary = CheckpointDictionary(.orderedDict)
    for index in 0..<count { dictionary.set(.string("k\(index &* 7919 % 5003)"), to: .none) }
    let read = try roundTrip(.dictionary(dictionary))
    #expect(read.root.dictionary?.entries.map(\.key) == dictionary.entries.map(\.key))
  }

  @Test func tiedTensorsShareARecordAndOthersDoNot() throws {
    let tensor = try Self.tensor(.float32, [2])
    var parameter = tensor
    parameter.kind = .parameter
    let otherType = try Tensor(.int32, shape: [2], storage: tensor.storage)
    let equal = try Self.tensor(.float32, [2])
    let read = try roundTrip(.list([tensor, parameter, otherType, equal].map { .tensor($0) }))
    let tensors = read.root.elements?.compactMap(\.tensor) ?? []
    try #require(tensors.count == 4)
    #expect(tensors[0].isTied(to: tensors[1]))
    #expect(tensors[0].storage !== tensors[2].storage)
    #expect(!tensors[0].isTied(to: tensors[3]))
  }

  @Test func progressCountsTheBytesOfTensors() throws {
    let count = Mutex(0)
    let tensors = try [[1000, 700], [3], []].map { try Self.tensor(.float32, $0) }
    try TorchZipFormat().write(
      Checkpoint(root: .list(tensors.map { .tensor($0) })), to: folder.file("a.pth"),
      options: WritingOptions(progress: { bytes in count.withLock { $0 += bytes } }))
    let total = count.withLock { $0 }
    #expect(total == 2_800_016)
  }

  @Test func recordsAreThoseOfPyTorchInItsOrder() throws {
    try roundTrip(.tensor(Self.tensor(.float32, [2])), history: [1])
    let archive = try ZipArchive(MappedFile.open(folder.file("a.pth")))
    #expect(
      archive.entries.map(\.name)
        == [
          "data.pkl", ".format_version", ".storage_alignment", "byteorder", "data/0",
          "extra/dbn_convert_history.json", "version", ".data/serialization_id",
        ].map { "archive/\($0)" })
    #expect(archive.entries.allSatisfy { $0.crc32 != nil && $0.payload.fileOffset % 64 == 0 })
  }

  /// What can't be written, the code and the name that the error must have, and what is left of it
  /// where losses are allowed.
  static let refused: [(CheckpointValue, CheckpointError.Code, String, CheckpointValue?)] = {
    let large = CheckpointValue.largeInt([UInt8](repeating: 0x7F, count: 256))
    let opaque = CheckpointValue.opaque(OpaqueValue("argparse.Namespace", arguments: []))
    let set = CheckpointValue.set([.tuple([.list([])])])
    var attributed = CheckpointDictionary()
    attributed.attributes = [("note", .int(1))]
    var deep = CheckpointValue.none
    for _ in 0..<300 { deep = .list([deep]) }
    let damaged = TensorStorage(ByteRegion([1, 2]), crc32: 7)
    let tensor = (try? Tensor(.uint8, shape: [2], storage: damaged)).map { [$0] } ?? []
    let nothing = CheckpointValue.dictionary(CheckpointDictionary())
    func entry(_ value: CheckpointValue) -> CheckpointValue {
      var dictionary = CheckpointDictionary()
      dictionary.set(.string("bad"), to: value)
      return .dictionary(dictionary)
    }
    return [
      (entry(opaque), .cannotBeWritten, "bad", nothing),
      (entry(large), .cannotBeWritten, "bad", nothing),
      (entry(set), .cannotBeWritten, "bad", nothing),
      (entry(.list([opaque])), .cannotBeWritten, "bad/0", entry(.list([.none]))),
      (
        entry(.dictionary(attributed)), .cannotBeWritten, "bad",
        entry(.dictionary(CheckpointDictionary()))
      ),
      (entry(deep), .limitExceeded, "bad/0", nil),
    ] + tensor.map { (entry(.tensor($0)), .checksumMismatch, "bad", nil) }
  }()

  @Test(arguments: refused)
  func aFailedWriteNamesTheKeyAndLeavesTheOldFile(
    value: CheckpointValue, code: CheckpointError.Code, name: String, rest: CheckpointValue?
  ) throws {
    let old = try folder.write([1, 2, 3], to: "a.pth")
    let error = try #require(throws: CheckpointError.self) {
      try TorchZipFormat().write(
        Checkpoint(root: value), to: old, options: WritingOptions(existing: .replace))
    }
    #expect(error.code == code)
    #expect(error.name?.hasPrefix(name) == true, "\(error)")
    #expect(error.path == old)
    #expect(error.advice != nil)
    #expect(try bytes("a.pth") == [1, 2, 3])
    #expect(folder.contents == ["a.pth"])
  }

  @Test(arguments: refused)
  func allowedLossesAreListedAndLeftOut(
    value: CheckpointValue, code: CheckpointError.Code, name: String, rest: CheckpointValue?
  ) throws {
    guard let rest else { return }
    let path = folder.file("a.pth")
    let losses = try TorchZipFormat().write(
      Checkpoint(root: value), to: path, options: WritingOptions(allowsLosses: true))
    #expect(losses.map(\.name) == [name])
    let read = try TorchCheckpoint.read(MappedFile.open(path))
    #expect(try Expectation.tree(read.root) == Expectation.tree(rest))
  }

  @Test(arguments: [
    WritingOptions(compression: .gzip(level: 4)), WritingOptions(shardByteCount: 1 << 20),
  ])
  func whatTheFormatDoesNotHaveIsRefused(options: WritingOptions) throws {
    let error = try #require(throws: CheckpointError.self) {
      try TorchZipFormat().write(
        Checkpoint(root: .none), to: folder.file("a.pth"), options: options)
    }
    #expect(error.code == .cannotBeWritten)
    #expect(folder.contents.isEmpty)
  }

  @Test func anOpaqueRootIsRefusedWithLossesToo() throws {
    let error = try #require(throws: CheckpointError.self) {
      try TorchZipFormat().write(
        Checkpoint(root: .opaque(OpaqueValue("a.B"))), to: folder.file("a.pth"),
        options: WritingOptions(allowsLosses: true))
    }
    #expect(error.code == .cannotBeWritten)
  }

  /// The same archive with another history record.
  @Test(arguments: ["{}", "[", "[1,"])
  func aDamagedHistoryIsRefusedByName(text: String) throws {
    var archive = Pickle.archive(Pickle.none)
    archive.records.append(
      .init("archive/extra/dbn_convert_history.json", Array(text.utf8)))
    let bytes = archive.bytes
    let error = try #require(throws: CheckpointError.self) {
      try TorchCheckpoint.read(ByteRegion(bytes))
    }
    #expect(error.code == .invalidJSON)
    #expect(error.name == "archive/extra/dbn_convert_history.json")
  }
}
