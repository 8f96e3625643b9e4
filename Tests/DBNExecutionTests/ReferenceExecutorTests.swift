import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// The reference engine against PyTorch's own outputs in float64: no output is further off than
/// 1e-12 of the largest.
@Suite(.serialized)
struct ReferenceExecutorTests {
  /// All but three that have up to 5 GB of weights, and differ from others only in their numbers.
  static let names = Architecture.all.map(\.name).filter { name in
    !["regnet_y_32gf", "regnet_y_128gf", "regnet_x_32gf"].contains(name)
  }

  @Test(arguments: names)
  func outputsArePyTorchs(name: String) throws {
    let expected = try RecordedOutputs(Fixture("architectures"), "outputs.pth", name)
    let architecture = try #require(Architecture.named(name))
    let graph = architecture(classes: 10)
    let stateDict = try Formula.stateDict(for: graph, gain: Formula.gain(of: name))
    var executor = try ReferenceExecutor(graph, stateDict)
    let image = try DenseArray(Formula.tensor("input", expected.input))
    let logits = try #require(try executor.run(["input": image]).first)
    #expect(try expected.error(of: logits, "float64").relative <= 1e-12)
  }
}
