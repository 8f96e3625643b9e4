#if OneDNN
  import Execution
  import Foundation
  import Models
  import Tensors
  import TestSupport
  import Testing

  struct OneDNNArchitectureTests {
    @Test(arguments: Architecture.all.map(\.name))
    func outputsArePyTorchs(name: String) throws {
      let bytes = try Fixture("architectures").bytes("outputs.json")
      let expected = try #require(try JSON(parsing: ByteRegion(bytes))[name])
      let architecture = try #require(Architecture.named(name))
      let graph = architecture()
      let clock = ContinuousClock()
      let start = clock.now
      let sd = try Formula.stateDict(for: graph, .float32)
      let mid = clock.now
      var executor = try OneDNNExecutor(
        graph, sd, options: EngineOptions(roundsToFloat32: true))
      let image = try DenseArray(Formula.tensor("input", [1, 3, 32, 32]))
      let logits = try #require(try executor.run(["input": image]).first)
      print(name, mid - start, clock.now - mid)
      let first = try #require(expected["first"]?.array).compactMap { Double($0.string ?? "") }
      let scale = try #require(logits.values.map(abs).max())
      let error = zip(logits.values, first).map { abs($0 - $1) / scale }.max()!
      print(name, "error", error)
      #expect(error <= 1e-4)
    }
  }
#endif
