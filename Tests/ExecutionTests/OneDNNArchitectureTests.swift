#if OneDNN
  import Execution
  import Foundation
  import Models
  import Tensors
  import TestSupport
  import Testing

  /// The oneDNN engine against PyTorch's own outputs in float32, for the same float32 weights and
  /// image: 1e-4 absolute where the largest output is 1.
  ///
  /// The weights are no trained ones, and outputs are of the order of 1e1 to 1e8, so differences are
  /// divided by the largest. (Nothing is divided that would be multiplied: outputs below 1 are held
  /// to 1e-4 as they are.)
  @Suite(.serialized)
  struct OneDNNArchitectureTests {
    @Test(arguments: Architecture.all.map(\.name))
    func outputsArePyTorchs(name: String) throws {
      let architecture = try #require(Architecture.named(name))
      try check(name, architecture(), ExecutionOptions())
    }

    @Test(arguments: ["resnet18", "mobilenet_v2", "densenet121"])
    func outputsAreThoseAlsoWithBatchNormsFolded(name: String) throws {
      let architecture = try #require(Architecture.named(name))
      try check(name, architecture(), ExecutionOptions(foldsBatchNorm: true))
    }

    private func check(_ name: String, _ graph: Graph, _ options: ExecutionOptions) throws {
      let expected = try Expected(name)
      let stateDict = try Formula.stateDict(for: graph, .float32)
      let image = try DenseArray(Formula.tensor("input", [1, 3, 32, 32], .float32))
      var executor = try OneDNNExecutor(graph, stateDict, options: options)
      let logits = try #require(try executor.run(["input": image]).first)
      #expect(logits.shape == [1, 1000])
      try expected.check(logits.values)
    }

    /// What makes it fast: no kernel is a simple loop, and layouts are kept from layer to layer.
    @Test(arguments: ["resnet50", "resnext50_32x4d"])
    func blockedLayoutsAreKeptFromEndToEnd(name: String) throws {
      let architecture = try #require(Architecture.named(name))
      let graph = architecture()
      let executor = try OneDNNExecutor(graph, Formula.stateDict(for: graph, .float32))
      let kernels = try executor.kernels(for: ["input": [2, 3, 224, 224]])
      #expect(!kernels.contains { $0.implementation.hasPrefix("ref") })
      let counts = Dictionary(grouping: kernels, by: \.operation).mapValues(\.count)
      #expect(counts["convolution"] == 53)
      #expect(counts["pooling"] == 2)
      #expect(counts["inner_product"] == 1)
      // The image may be reordered, and the pooled features before the last layer.
      #expect(counts["reorder"] ?? 0 <= 2)
      // BatchNorms, activations and sums are part of the convolutions.
      #expect(
        Set(counts.keys).subtracting(["reorder"]) == ["convolution", "pooling", "inner_product"])
    }
  }

  private struct Expected {
    let name: String
    let first: [Double]
    let magnitude: Double

    init(_ name: String) throws {
      let bytes = try Fixture("architectures").bytes("outputs_float32.json")
      let outputs = try #require(try JSON(parsing: ByteRegion(bytes))[name])
      self.name = name
      first = try #require(outputs["first"]?.array).compactMap { Double($0.string ?? "") }
      magnitude = try #require(Double(outputs["magnitude"]?.string ?? ""))
    }

    func check(_ values: [Double]) throws {
      #expect(first.count == 10)
      let scale = max(1, try #require(values.map(abs).max()))
      for (value, wanted) in zip(values, first) { #expect(abs(value - wanted) <= 1e-4 * scale) }
      #expect(abs(values.map(abs).reduce(0, +) - magnitude) <= 1e-4 * magnitude)
    }
  }
#endif
