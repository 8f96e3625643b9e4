import DBNCheckpointFormats
import DBNCheckpoints
import DBNComparison
import DBNTensors
import DBNTestSupport
import DBNVerification
import Testing

/// A `.pt2` file through the front door, and its graph from format to format.
struct GraphTests {
  private static let fixture = Fixture("export/programs")

  @Test(arguments: ["2.6", "2.8", "2.13", "2.15"])
  func programsOfEveryVersionAreRecognisedByTheirContent(version: String) throws {
    let path = Self.fixture.file("\(version)/trees.pt2")
    #expect(try FormatRegistry.standard.recognise(path).name == "torch-export")
    let checkpoint = try Checkpoint.open(path)
    let graph = try #require(checkpoint.graph)
    #expect(try JSON(parsing: graph)["graph_module"] != nil)
    #expect("\(try checkpoint.findStateDict().entry)" == "state_dict")
    let constants = checkpoint.root.dictionary?[Checkpoint.constantsName]?.dictionary
    #expect(constants?.entries.count == 3)
  }

  @Test(arguments: FormatRegistry.formatsOfTrees)
  func everyFormatKeepsTheGraphToTheLastByte(name: String) throws {
    let folder = try TemporaryFolder()
    let format = try #require(FormatRegistry.standard.named(name))
    let path = folder.file("model.\(format.extensions[0])")
    let original = try Checkpoint.open(Self.fixture.file("2.15/kept.pt2"))
    try original.write(to: path, as: format)
    let found = try Checkpoint.open(path)
    #expect(found.graph == original.graph && found.graph != nil)
    #expect(try CheckpointDifference(original, entry: nil, found, entry: nil).isEqual)
    // Without one, nothing of it is in the file.
    var plain = original
    plain.graph = nil
    try plain.write(to: path, as: format, options: WritingOptions(existing: .replace))
    #expect(try Checkpoint.open(path).graph == nil)
  }

  @Test func programsAreNotWritten() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try Checkpoint.open(Self.fixture.file("2.15/small.pt2"))
    let error = #expect(throws: CheckpointError.self) {
      try checkpoint.write(to: folder.file("model.pt2"))
    }
    #expect(error?.code == .unknownFormat && folder.contents.isEmpty)
  }

  @Test func anotherGraphIsADifference() throws {
    let original = try Checkpoint.open(Self.fixture.file("2.15/small.pt2"))
    var other = original
    other.graph = nil
    let difference = try CheckpointDifference(
      original, entry: EntryPath(), other, entry: EntryPath())
    #expect(difference.different.map(\.name) == ["graph"])
    #expect(difference.different.first?.detail == "only in a")
  }
}
