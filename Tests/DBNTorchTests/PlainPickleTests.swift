import DBNCheckpointFormats
import DBNTensors
import DBNTestSupport
import DBNTorch
import Testing

/// Pickles that `torch.save` did not write.
struct PlainPickleTests {
  static let fixtures = Fixture.all("pickle")

  static func read(_ bytes: [UInt8]) throws -> Checkpoint? {
    guard let pickle = TorchPickleFormat().probe(SourceFile(ByteRegion(bytes))) else { return nil }
    return try TorchPickleFormat().read(pickle, options: ReadingOptions())
  }

  @Test(arguments: fixtures)
  func everyValueIsAsPythonReadsIt(fixture: Fixture) throws {
    let checkpoint = try #require(try Self.read(fixture.bytes("checkpoint.pkl")))
    let expected = try Expectation.normalised(fixture.expected["tree"] ?? .null)
    #expect(try Expectation.tree(checkpoint.root) == expected)
    let entry = try #require(fixture.expected["entry"]?.string)
    let stateDict = try checkpoint.stateDict(at: EntryPath(entry))
    #expect(try Expectation.tensors(stateDict) == fixture.expected["tensors"])
  }

  @Test(arguments: fixtures)
  func everyShortPrefixIsAnotherFile(fixture: Fixture) throws {
    let bytes = try fixture.bytes("checkpoint.pkl")
    for count in bytes.indices {
      #expect(try Self.read(Array(bytes[..<count])) == nil)
    }
    #expect(try Self.read(bytes + [0]) == nil)
  }

  @Test func allFixturesAreFound() {
    #expect(Self.fixtures.count >= 8)
  }
}
