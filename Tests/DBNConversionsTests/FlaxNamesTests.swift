import DBNCheckpoints
import DBNConversions
import DBNTensors
import DBNTestSupport
import Testing

/// Variables of Flax models under PyTorch's names; make.py has run both models.
struct FlaxNamesTests {
  private static let fixture = Fixture("npz/flax")

  @Test func everyWeightHasTheNameAndAxesOfPyTorch() throws {
    let stateDict = try Checkpoint.open(Self.fixture.file("arrays.npz")).stateDict()
    let (converted, report) = try FlaxNames.converting(stateDict)
    #expect(try Expectation.tensors(converted) == Self.fixture.expected["pytorch"])
    #expect(report.converted.count == stateDict.count && report.skipped.isEmpty)
  }

  @Test func infoSaysHowToRename() throws {
    let checkpoint = try Checkpoint.open(Self.fixture.file("arrays.npz"))
    let notes = checkpoint.notes(taking: EntryPath(), others: "unchanged")
    #expect(notes.map(\.description).contains { $0.contains("names are those of a Flax model") })
  }

  /// In safetensors and in paths of its own, names have dots.
  @Test func namesWithDotsAreReadToo() throws {
    let stateDict = try Checkpoint.open(Self.fixture.file("arrays.npz")).stateDict()
    let dotted = try stateDict.renaming("it") { String($0.map { $0 == "/" ? "." : $0 }) }
    #expect(try FlaxNames.converting(dotted).stateDict.names.first == "conv.weight")
  }

  @Test(arguments: [
    ("params/up/ConvTranspose_0/kernel", [3, 3, 2, 4]),
    ("params/attention/query/kernel", [4, 2, 2]),
    ("params/conv/scalar", [1]), ("cache/conv/kernel", [2, 2]), ("params/kernel", [2, 2]),
  ])
  func aWeightWithoutACertainMeaningKeepsItsName(name: String, shape: [Int]) throws {
    var stateDict = try Checkpoint.open(Self.fixture.file("arrays.npz")).stateDict()
    let count = shape.reduce(1, *)
    stateDict[name] = try Tensor(elements: [Float](repeating: 1, count: count), shape: shape)
    let (converted, report) = try FlaxNames.converting(stateDict)
    #expect(report.skipped.map(\.name) == [name])
    #expect(converted[name]?.shape == shape && converted.names.last == name)
  }

  @Test func namesOfOthersAreAMistake() throws {
    let other = try Checkpoint.open(Fixture("torch/digits-standard").file("checkpoint.pth"))
    let error = #expect(throws: CheckpointError.self) {
      try FlaxNames.converting(other.stateDict())
    }
    #expect(error?.code == .nothingRenamed)
  }

  @Test func theConvertedModelIsMappedAndVerified() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("flax.pth")
    try Conversion(opening: Self.fixture.file("arrays.npz")).converted(by: [.flaxNames])
      .write(to: path)
    let result = try Conversion(opening: path).toDistributed(worldSize: 4)
      .write(to: folder.file("out.h5"), proof: .outputs())
    #expect(result.report.converted == ["bn"] && result.proof?.outputs?.isBitIdentical == true)
  }
}
