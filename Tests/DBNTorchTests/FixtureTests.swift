import DBNTensors
import DBNTestSupport
import DBNTorch
import Testing

struct FixtureTests {
  /// The readable cases: those whose expectation describes one checkpoint.
  static let readable =
    [
      "torch", "torch/entries", "torch/rezipped", "torch/pytorch-1.13", "torch/legacy",
      "torch/text-pickles",
    ]
    .flatMap(Fixture.all).filter { (try? $0.expected)?["tree"] != nil }

  @Test(arguments: readable)
  func everyValueIsAsPyTorchReadsIt(fixture: Fixture) throws {
    let checkpoint = try TorchCheckpoint.read(MappedFile.open(fixture.file("checkpoint.pth")))
    let expected = try Expectation.normalised(fixture.expected["tree"] ?? .null)
    #expect(try Expectation.tree(checkpoint.root) == expected)
  }

  @Test(arguments: readable)
  func stateDictHasTheTensorsInOrderAndTied(fixture: Fixture) throws {
    let expected = try fixture.expected
    guard let entry = expected["entry"]?.string else { return }
    var value = try TorchCheckpoint.read(MappedFile.open(fixture.file("checkpoint.pth"))).root
    for key in entry.split(separator: "/") {
      value = try #require(value.dictionary?[String(key)])
    }
    let dictionary = try #require(value.dictionary)
    let stateDict = try #require(StateDict(dictionary))
    #expect(try Expectation.tensors(stateDict) == expected["tensors"])
  }

  static let opaque = Fixture.all("torch/opaque")

  @Test(arguments: opaque)
  func objectsOfUnknownClassesAreKeptOrRefusedOnRequest(fixture: Fixture) throws {
    let file = try MappedFile.open(fixture.file("checkpoint.pth"))
    let checkpoint = try TorchCheckpoint.read(
      file)
    let expected = try Expectation.normalised(fixture.expected["tree"] ?? .null)
    #expect(try Expectation.tree(checkpoint.root) == expected)
    let error = try #require(throws: CheckpointError.self) {
      try TorchCheckpoint.read(file, options: ReadingOptions(refusesUnknownClasses: true))
    }
    #expect(error.code == .pickleGlobal)
  }

  @Test func allFixturesAreFound() {
    #expect(Self.readable.count >= 60)
    #expect(Self.opaque.count >= 4)
  }
}
