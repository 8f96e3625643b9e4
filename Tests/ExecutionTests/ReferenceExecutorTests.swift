import Execution
import Foundation
import Models
import Tensors
import TestSupport
import Testing

/// The reference engine against PyTorch's own outputs in float64, relative to the largest: 1e-12.
struct ReferenceExecutorTests {
  @Test(arguments: ["resnet18", "mobilenet_v2"])
  func outputsArePyTorchs(name: String) throws {
    let bytes = try Fixture("architectures").bytes("outputs.json")
    let expected = try #require(try JSON(parsing: ByteRegion(bytes))[name])
    let architecture = try #require(Architecture.named(name))
    let graph = architecture()
    var executor = try ReferenceExecutor(graph, Formula.stateDict(for: graph))
    let image = try DenseArray(Formula.tensor("input", [1, 3, 32, 32]))
    let logits = try #require(try executor.run(["input": image]).first)
    #expect(logits.shape == [1, 1000])
    let first = try #require(expected["first"]?.array).compactMap { Double($0.string ?? "") }
    let scale = try #require(logits.values.map(abs).max())
    for (value, wanted) in zip(logits.values, first) {
      #expect(abs(value - wanted) <= 1e-12 * scale)
    }
    let magnitude = try #require(Double(expected["magnitude"]?.string ?? ""))
    #expect(abs(logits.values.map(abs).reduce(0, +) - magnitude) <= 1e-12 * magnitude)
  }
}
