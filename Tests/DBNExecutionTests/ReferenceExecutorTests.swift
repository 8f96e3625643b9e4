import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// The reference engine against PyTorch's own outputs in float64, every architecture: no output is
/// further off than 1e-12 of the largest.
@Suite(.serialized)
struct ReferenceExecutorTests {
  @Test(arguments: Architecture.all.map(\.name))
  func outputsArePyTorchs(name: String) throws {
    let expected = try RecordedOutputs(Fixture("architectures"), "outputs.pth", name)
    let architecture = try #require(Architecture.named(name))
    let graph = architecture()
    let stateDict = try Formula.stateDict(for: graph, gain: Formula.gain(of: name))
    var executor = try ReferenceExecutor(graph, stateDict)
    let image = try DenseArray(Formula.tensor("input", [1, 3, 32, 32]))
    let logits = try #require(try executor.run(["input": image]).first)
    #expect(try expected.error(of: logits, "float64").relative <= 1e-12)
  }
}
