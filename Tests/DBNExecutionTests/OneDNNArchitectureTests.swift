import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// The oneDNN engine against PyTorch's own outputs in float32, for the same float32 weights and
/// image: no output is further off than 1e-4. The largest are between 1 and 10.
@Suite(.serialized, .oneDNN)
struct OneDNNArchitectureTests {
  @Test(arguments: ReferenceExecutorTests.names)
  func outputsArePyTorchs(name: String) throws {
    let architecture = try #require(Architecture.named(name))
    try check(name, architecture(classes: 10), ExecutionOptions())
  }

  @Test(arguments: ["resnet18", "mobilenet_v2", "densenet121", "efficientnet_b0"])
  func outputsAreThoseAlsoWithBatchNormsFolded(name: String) throws {
    let architecture = try #require(Architecture.named(name))
    try check(name, architecture(classes: 10), ExecutionOptions(foldsBatchNorm: true))
  }

  private func check(_ name: String, _ graph: Graph, _ options: ExecutionOptions) throws {
    let expected = try RecordedOutputs(Fixture("architectures"), "outputs.pth", name)
    let stateDict = try Formula.stateDict(for: graph, .float32, gain: Formula.gain(of: name))
    let image = try DenseArray(Formula.tensor("input", expected.input, .float32))
    var executor = try OneDNNExecutor(graph, stateDict, options: options)
    let logits = try #require(try executor.run(["input": image]).first)
    #expect(try expected.error(of: logits, "float32").absolute <= 1e-4)
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

  /// A BatchNorm that no convolution precedes has its numbers in the layout of its input: for
  /// others oneDNN has only reference loops, a hundred times slower.
  @Test(arguments: [1, 2]) func noBatchNormIsAReferenceLoop(batch: Int) throws {
    let architecture = try #require(Architecture.named("densenet121"))
    let graph = architecture()
    let executor = try OneDNNExecutor(graph, Formula.stateDict(for: graph, .float32))
    let kernels = try executor.kernels(for: ["input": [batch, 3, 224, 224]])
    #expect(
      !kernels.contains { $0.operation == "binary" && $0.implementation.hasPrefix("ref") })
  }
}
