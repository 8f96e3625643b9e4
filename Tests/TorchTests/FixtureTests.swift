import Tensors
import TestSupport
import Testing
import Torch

struct FixtureTests {
  /// The readable cases: those whose expectation describes one checkpoint.
  static let readable = (Fixture.all("torch") + Fixture.all("torch/entries"))
    .filter { (try? $0.expected)?["tree"] != nil }

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
    for key in entry.split(separator: ".") {
      value = try #require(value.dictionary?[String(key)])
    }
    let dictionary = try #require(value.dictionary)
    let stateDict = try #require(StateDict(dictionary))
    #expect(try Expectation.tensors(stateDict) == expected["tensors"])
  }

  @Test func allFixturesAreFound() {
    #expect(Self.readable.count >= 25)
  }
}
