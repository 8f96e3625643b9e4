import DBNCheckpointFormatContract
import DBNCheckpointFormats
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

@testable import DBNSafetensors

/// What a file looks like to others, and what happens when others change it.
struct WritingTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("model.safetensors")
  }

  private func header() throws -> SafetensorsHeader {
    try SafetensorsHeader.read(MappedFile.open(path)).header
  }

  private func names() throws -> [String] { try header().names.names }

  @Test func tensorsStandInTheLibrarysOrder() throws {
    var stateDict = CheckpointDictionary(.orderedDict)
    for (name, type) in [
      ("b", ScalarType.float32), ("half", .float16), ("flag", .bool), ("a", .float32),
      ("counter", .int64), ("é", .float32), ("Z", .float32),
    ] {
      stateDict.set(.string(name), to: .tensor(try FormatContract.makeTensor(type, [3])))
    }
    try SafetensorsFormat().write(Checkpoint(root: .dictionary(stateDict)), to: path)
    #expect(try names() == ["counter", "Z", "a", "b", "é", "half", "flag"])
    let bytes = Array(try Data(contentsOf: URL(filePath: path)))
    #expect(bytes[0] % 8 == 0)
    #expect(bytes[8...].starts(with: Array(#"{"__metadata__":{"format":"pt","#.utf8)))
    let read = try SafetensorsCheckpoint.read(MappedFile.open(path))
    #expect(read.root.dictionary?.entries.map(\.key) == stateDict.entries.map(\.key))
  }

  @Test func theStateDictKeepsItsNamesAndOthersArePaths() throws {
    let state = FormatContract.mapping([
      (.int(0), .tensor(try FormatContract.makeTensor(seed: 1))),
      (.string("a/b"), .tensor(try FormatContract.makeTensor(seed: 2))),
      (.string("0"), .tensor(try FormatContract.makeTensor(seed: 3))),
    ])
    var stateDict = try FormatContract.stateDict(["w", "__metadata__", "state/0"])
    stateDict.set(.string("tied"), to: stateDict["w"] ?? .none)
    let root = FormatContract.mapping([
      (.string("state"), state), (.string("model"), .dictionary(stateDict)),
    ])
    try SafetensorsFormat().write(Checkpoint(root: root), to: path)
    #expect(
      try names() == [
        "__metadata__~2", "state/0", "state/0~2", "state/0~3", "state/a%2Fb", "w",
      ])
  }

  @Test func whatTheFormatLacksIsLeftOutOnlyWhenAllowed() throws {
    let complex = CheckpointValue.tensor(try FormatContract.makeTensor(.complex128))
    let kept = CheckpointValue.tensor(try FormatContract.makeTensor())
    var dictionary = CheckpointDictionary(.orderedDict)
    dictionary.set(.string("bad"), to: complex)
    dictionary.set(.string("good"), to: kept)
    dictionary.set(.string("list"), to: .list([complex, kept, .int(1)]))
    dictionary.attributes = [("attribute", .tuple([complex])), ("gone", complex)]
    let checkpoint = Checkpoint(root: .dictionary(dictionary))
    let error = #expect(throws: CheckpointError.self) {
      try SafetensorsFormat().write(checkpoint, to: path)
    }
    #expect(error?.code == .cannotBeWritten && error?.name == "bad")
    #expect(folder.contents.isEmpty)
    let losses = try SafetensorsFormat().write(
      checkpoint, to: path, options: WritingOptions(allowsLosses: true))
    #expect(losses.map(\.name) == ["bad", "list/0", "attribute/0", "gone"])
    dictionary = CheckpointDictionary(.orderedDict)
    dictionary.set(.string("good"), to: kept)
    dictionary.set(.string("list"), to: .list([.none, kept, .int(1)]))
    dictionary.attributes = [("attribute", .tuple([.none]))]
    let read = try SafetensorsCheckpoint.read(MappedFile.open(path))
    #expect(try Expectation.tree(read.root) == Expectation.tree(.dictionary(dictionary)))
  }

  @Test func compressionIsRefused() throws {
    let error = #expect(throws: CheckpointError.self) {
      try SafetensorsFormat().write(
        Checkpoint(root: .none), to: path, options: WritingOptions(compression: .gzip(level: 4)))
    }
    #expect(error?.code == .cannotBeWritten)
  }

  /// A file with these tensors and this text, as another program could have left it.
  private func read(
    _ names: [String], record: String, _ more: [(name: String, text: String)] = []
  ) throws -> Checkpoint {
    let tensors = try names.map { ($0, try FormatContract.makeTensor()) }
    let metadata = [(name: SafetensorsContent.recordName, text: record)] + more
    var files = StagedFiles()
    let file = try files.makeFile(path, existing: .replace)
    try SafetensorsFile(TensorNames(tensors), metadata: metadata).write(to: file.destination)
    try files.add(file)
    try files.commit()
    return try SafetensorsCheckpoint.read(MappedFile.open(path))
  }

  @Test(arguments: [
    (["a"], "'b'"), (["a", "b", "c"], "'c'"), (["a", "B"], "'b'"), ([], "'a'"),
  ])
  func tensorsThatDoNotFitTheRecordAreReadByThemselves(names: [String], culprit: String) throws {
    let record = #"{"version": 1, "root": {"x": {"$tensor": "a"}, "y": {"$tensor": "b"}}}"#
    let checkpoint = try read(names, record: record)
    #expect(checkpoint.root.dictionary?.entries.map(\.key) == names.sorted().map { .string($0) })
    #expect(checkpoint.notes.count == 1 && checkpoint.notes[0].contains(culprit))
  }

  @Test func metadataThatOthersAddedIsKept() throws {
    let record = #"{"version": 1, "root": {"x": {"$tensor": "a"}}}"#
    let checkpoint = try read(["a"], record: record, [("license", "MIT")])
    #expect(checkpoint.root.dictionary?.contains(.string("x")) == true)
    let attribute = checkpoint.root.dictionary?.attributes.first
    #expect(attribute?.name == "__metadata__" && attribute?.value.dictionary?["license"] != nil)
  }

  @Test(arguments: [
    ("{}", CheckpointError.Code.safetensorsRecord), ("[", .invalidJSON),
    (#"{"version": 2, "root": {}}"#, .safetensorsRecordVersion),
    (#"{"root": {"$odd": 1}, "version": 2}"#, .safetensorsRecordVersion),
    (#"{"version": 2, "root": {}} x"#, .invalidJSON), ("1", .safetensorsRecord),
    (#"{"version": 1, "root": {"$odd": {"x": 1, "x": 2}}}"#, .invalidJSON),
    (#"{"version": 1, "root": {"a": 1, "a": 2}}"#, .invalidJSON),
    (#"{"version": 1, "version": 1, "root": {}}"#, .invalidJSON),
    (#"{"version": 1, "root": {"$tensor": "b"}, "x": [1,]}"#, .invalidJSON),
    (#"{"version": 1, "root": {"$tensor": "a"}, "graph": 1}"#, .safetensorsRecord),
    (#"{"version": 1}"#, .safetensorsRecord),
    (#"{"version": 1, "root": {"$odd": 1}}"#, .safetensorsRecord),
    (#"{"version": 1, "root": {"$tensor": 1}}"#, .safetensorsRecord),
    (#"{"version": 1, "root": {"$tensor": "a", "kind": "odd"}}"#, .safetensorsRecord),
    (#"{"version": 1, "root": {"$tensor": "a", "odd": 1}}"#, .safetensorsRecord),
    (#"{"version": 1, "root": {"$tensor": "a"}, "history": {}}"#, .safetensorsRecord),
  ])
  func brokenRecordsAreRefused(record: String, code: CheckpointError.Code) throws {
    let error = #expect(throws: CheckpointError.self) { try read(["a"], record: record) }
    #expect(error?.code == code)
  }

  @Test func membersOfARecordMayStandInAnyOrder() throws {
    let record =
      #" {"x": [{}], "history": [1], "graph": "g", "root": {"$tensor": "a"}, "version": 1} "#
    let checkpoint = try read(["a"], record: record)
    #expect(checkpoint.root.tensor != nil && checkpoint.notes.isEmpty)
    #expect(checkpoint.history == [1] && checkpoint.graph == "g")
  }

  /// Of more text than is handed on at a time.
  @Test func longHeadersAreWhole() throws {
    var stateDict = CheckpointDictionary(.orderedDict)
    for index in 0..<2000 {
      let name = "layer \"\(index % 7)\"\n\\ é \(index)"
      stateDict.set(.string(name), to: .tensor(try FormatContract.makeTensor(seed: index)))
    }
    let root = FormatContract.mapping([
      (.string("state_dict"), .dictionary(stateDict)), (.string("epoch"), .int(3)),
    ])
    let checkpoint = Checkpoint(root: root, history: [["a": "\""]], graph: "{\"\\n\": 1}")
    try SafetensorsFormat().write(checkpoint, to: path)
    let read = try SafetensorsCheckpoint.read(MappedFile.open(path))
    #expect(try Expectation.tree(read.root) == Expectation.tree(root))
    #expect(read.history == checkpoint.history && read.graph == checkpoint.graph)
    #expect(read.notes.isEmpty)
    let bytes = Array(try Data(contentsOf: URL(filePath: path)))
    let length = bytes[..<8].enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
    #expect(length > 1 << 18 && length % 8 == 0)
    let header = try JSON(parsing: ByteRegion(Array(bytes[8..<8 + length])))
    #expect(header.members?.count == 2001)
  }
}
