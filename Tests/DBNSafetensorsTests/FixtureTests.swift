import DBNCheckpointFormats
import DBNSafetensors
import DBNTensors
import DBNTestSupport
import Testing

/// Files that the format's own library wrote, and files that break its rules one by one.
struct FixtureTests {
  private static let readable =
    Fixture.all("safetensors").filter {
      !$0.name.hasSuffix("hostile") && !$0.name.hasSuffix("ranks")
    }
    + Fixture.all("safetensors/headers")

  @Test(arguments: readable)
  func filesOfTheLibraryAreRead(fixture: Fixture) throws {
    let expected = try fixture.expected
    let checkpoint =
      fixture.name.hasSuffix("sharded")
      ? try SafetensorsFormat().read(fixture.file("model.safetensors.index.json"))
      : try SafetensorsCheckpoint.read(MappedFile.open(fixture.file("model.safetensors")))
    let root = try #require(checkpoint.root.dictionary)
    let stateDict = try #require(StateDict(root))
    #expect(try Expectation.tensors(stateDict) == expected["tensors"])
    let metadata = root.attributes.first { $0.name == "__metadata__" }?.value
    #expect(try metadata.map { try Expectation.tree($0) } == expected["metadata"])
    #expect(checkpoint.notes.isEmpty)
  }

  @Test func thereAreFixtures() {
    #expect(Self.readable.count >= 9 && Self.hostile.count >= 45)
  }

  @Test(arguments: readable.filter { !$0.name.hasSuffix("sharded") })
  func foreignMetadataIsWrittenAsItWas(fixture: Fixture) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model.safetensors")
    let checkpoint = try SafetensorsCheckpoint.read(
      MappedFile.open(fixture.file("model.safetensors")))
    try SafetensorsFormat().write(checkpoint, to: path)
    let reread = try SafetensorsCheckpoint.read(MappedFile.open(path))
    #expect(try Expectation.tree(reread.root) == Expectation.tree(checkpoint.root))
    #expect(reread.notes.isEmpty)
  }

  private static let hostile = (try? Fixture("safetensors/hostile").expected.array) ?? []

  private static let codes: [String: CheckpointError.Code] = [
    "length": .safetensorsHeaderLength, "too-large": .safetensorsHeaderTooLarge,
    "start": .safetensorsHeaderStart, "utf8": .invalidText, "json": .invalidJSON,
    "duplicate": .safetensorsDuplicate, "field": .safetensorsField, "dtype": .safetensorsDtype,
    "overflow": .overflow, "size": .safetensorsSize, "partial-byte": .safetensorsPartialByte,
    "offsets": .safetensorsOffsets, "end": .safetensorsFileEnd, "metadata": .safetensorsMetadata,
  ]

  @Test(arguments: hostile)
  func hostileFilesAreRefused(rule: JSON) throws {
    let file = try #require(rule["file"]?.string)
    let path = Fixture("safetensors/hostile").file(file)
    let error = try #require(
      #expect(throws: CheckpointError.self) {
        try SafetensorsCheckpoint.read(MappedFile.open(path))
      })
    #expect(error.code == Self.codes[rule["code_hint"]?.string ?? ""], "\(file): \(error)")
    for word in rule["mentions"]?.array?.compactMap(\.string) ?? [] {
      #expect(error.description.contains(word), "\(file): \(error)")
    }
  }

  @Test func fieldsThatTheLibraryPassesOverAreNoted() throws {
    let header = #"{"a": {"dtype": "U8", "shape": [], "data_offsets": [0, 1], "odd": [{}]}}"#
    let bytes = littleEndian(UInt64(header.utf8.count)) + Array(header.utf8) + [7]
    let checkpoint = try SafetensorsCheckpoint.read(ByteRegion(bytes))
    #expect(checkpoint.root.dictionary?["a"]?.tensor?.shape == [])
    #expect(checkpoint.notes.count == 1 && checkpoint.notes[0].contains("odd"))
  }

  /// The library accepts these types; PyTorch has no 6-bit floats, and 4-bit ones only in pairs.
  @Test func aTensorOfATypeThatPyTorchLacksIsNamedAndTheRestIsRead() throws {
    let header = """
      {"a": {"dtype": "U8", "shape": [], "data_offsets": [0, 1]}, \
      "six": {"dtype": "F6_E2M3", "shape": [4], "data_offsets": [1, 4]}, \
      "b": {"dtype": "U8", "shape": [2], "data_offsets": [4, 6]}, \
      "half": {"dtype": "F4", "shape": [2, 1], "data_offsets": [6, 7]}}
      """
    let bytes = littleEndian(UInt64(header.utf8.count)) + Array(header.utf8) + Array(1...7)
    let root = try #require(
      SafetensorsCheckpoint.read(ByteRegion(bytes)).root.dictionary)
    #expect(root.entries.map(\.key.description) == ["a", "six", "b", "half"])
    #expect(try root["b"]?.tensor?.storage.bytes().array == [5, 6])
    for (name, type) in [("six", "F6_E2M3"), ("half", "F4")] {
      guard case .opaque(let value)? = root[name] else {
        Issue.record("\(name) is no unreadable entry")
        continue
      }
      #expect(value.unreadableReason?.contains("the type \(type)") == true)
    }
  }

  @Test(arguments: [
    ("{", true), (" {", true), ("\n{", true), ("  ", false), ("[", false), ("", false),
    ("x", false),
  ])
  func filesAreRecognisedByTheirStart(start: String, expected: Bool) {
    let bytes = littleEndian(UInt64(2)) + Array(start.utf8)
    #expect(SafetensorsCheckpoint.recognises(ByteRegion(bytes)) == expected)
    let huge = littleEndian(UInt64(100_000_001)) + Array(start.utf8)
    #expect(!SafetensorsCheckpoint.recognises(ByteRegion(huge)))
  }
}
