import DBNCheckpointFormatContract
import DBNCheckpointFormats
import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Testing

/// A format of a user's own, as docs/formats.md has it: state dicts, and nothing else.
///
/// For each tensor its name, type, dimensions and bytes, one after the other.
struct PlainFormat: CheckpointFormat {
  let name = "plain"
  let extensions = ["plain"]
  let writing: WritingSupport? = WritingSupport()

  private static let magic: UInt64 = 0x3130_4E49_414C_50

  func probe(_ file: SourceFile) -> ByteReader? {
    var reader = ByteReader(file.bytes)
    guard (try? reader.read(UInt64.self)) == Self.magic else { return nil }
    return reader
  }

  func read(
    _ reader: consuming ByteReader, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    var reader = reader
    var stateDict = CheckpointDictionary(.orderedDict)
    for _ in 0..<(try reader.readCount(UInt32.self)) {
      let name = try reader.readString(count: reader.readCount(UInt32.self))
      let type = try reader.readString(count: reader.readCount(UInt32.self))
      guard let type = ScalarType(rawValue: type) else {
        throw CheckpointError(.unsupportedScalarType, name: name, "has the type '\(type)'")
      }
      var shape: [Int] = []
      for _ in 0..<(try reader.readCount(UInt32.self)) {
        shape.append(try reader.readCount(UInt64.self))
      }
      let bytes = try reader.readRegion(count: reader.readCount(UInt64.self))
      let tensor = try Tensor(type, shape: shape, storage: TensorStorage(bytes))
      stateDict.set(.string(name), to: .tensor(tensor))
    }
    return Checkpoint(root: .dictionary(stateDict))
  }

  func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    guard let stateDict = checkpoint.root.dictionary, Self.holds(checkpoint.root) else {
      throw CheckpointError(
        .cannotBeWritten, "holds more than names and tensors", advice: "write an HDF5 file")
    }
    try files.write(path, options: options) { file throws(CheckpointError) in
      var end = 0
      func put(_ bytes: RawSpan) throws(CheckpointError) {
        try file.write(bytes, at: end)
        end += bytes.byteCount
      }
      func put(_ numbers: [UInt64]) throws(CheckpointError) { try put(numbers.span.bytes) }
      func put(_ number: Int) throws(CheckpointError) { try put([UInt32(number)].span.bytes) }
      func put(_ text: String) throws(CheckpointError) {
        try put(text.utf8.count)
        try put(Array(text.utf8).span.bytes)
      }
      try put([Self.magic])
      try put(stateDict.entries.count)
      for entry in stateDict.entries {
        guard let name = entry.key.string, let tensor = entry.value.tensor else { continue }
        try put(name)
        try put(tensor.scalarType.name)
        try put(tensor.shape.count)
        try put(tensor.shape.map { UInt64($0) })
        try put([UInt64(tensor.byteCount)])
        do throws(CheckpointError) {
          try tensor.storage.withBytes { bytes throws(CheckpointError) in try put(bytes) }
        } catch {
          throw error.with(name: name)
        }
      }
    }
    return []
  }

  /// Whether it is an ordered mapping of names to plain tensors, or such a tensor in one.
  static func holds(_ value: CheckpointValue) -> Bool {
    if let tensor = value.tensor { return tensor.kind == .tensor && !tensor.requiresGrad }
    guard let dictionary = value.dictionary else { return false }
    return dictionary.kind == .orderedDict && dictionary.attributes.isEmpty
      && dictionary.entries.allSatisfy { entry in
        entry.key.string != nil && entry.value.tensor.map { holds(.tensor($0)) } ?? false
      }
  }
}

/// A format that is no part of this toolkit.
struct OwnFormatTests {
  private static let formats = .standard + [PlainFormat()]

  @Test(arguments: FormatContract.rules)
  func theContractHolds(rule: FormatContract.Rule) throws {
    try rule.check(
      FormatContract(
        of: PlainFormat(), holds: PlainFormat.holds, holdsAsRoot: { $0.dictionary != nil },
        keepsHistory: false, keepsTies: false))
  }

  @Test func filesAreRecognisedAndWrittenThroughTheSameDoor() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model.plain")
    let original = try Checkpoint.open(Fixture("torch/digits-standard").file("checkpoint.pth"))
    var stateDict = StateDict()
    for (name, tensor) in try original.stateDict().tensors {
      stateDict[name] = try Tensor(
        tensor.scalarType, shape: tensor.shape, storage: tensor.storage)
    }
    let checkpoint = Checkpoint(root: .dictionary(stateDict.dictionary))
    try checkpoint.write(to: path, formats: Self.formats)

    let read = try Checkpoint.open(path, formats: .standard + [PlainFormat()])
    #expect(read.format == "plain" && read.path == path)
    #expect(try Expectation.tree(read.root) == Expectation.tree(checkpoint.root))
    #expect(try Self.formats.recognise(path).name == "plain")
    try read.write(to: folder.file("back.h5"), formats: Self.formats)
    #expect(try Checkpoint.open(folder.file("back.h5")).stateDict().names == stateDict.names)
  }

  @Test func theStandardFormatsDoNotKnowIt() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model.plain")
    let checkpoint = Checkpoint(root: .dictionary(StateDict().dictionary))
    let refused = #expect(throws: CheckpointError.self) { try checkpoint.write(to: path) }
    #expect(refused?.code == .unknownFormat)
    try checkpoint.write(to: path, as: PlainFormat())
    let unknown = #expect(throws: CheckpointError.self) { try Checkpoint.open(path) }
    #expect(unknown?.code == .unknownFormat)
  }

  /// A format that stands before the others has what both recognise.
  @Test func theFirstFormatThatRecognisesAFileHasIt() throws {
    let path = Fixture("torch/digits-standard").file("checkpoint.pth")
    #expect(try Checkpoint.open(path, formats: [Greedy()] + .standard).format == "greedy")
    #expect(try Checkpoint.open(path, formats: .standard + [Greedy()]).format == "torch-zip")
  }

  private struct Greedy: CheckpointFormat {
    let name = "greedy"

    func probe(_ file: SourceFile) -> Int? { file.bytes.count }

    func read(_ count: Int, options: ReadingOptions) throws(CheckpointError) -> Checkpoint {
      Checkpoint(root: .int(count))
    }
  }
}
