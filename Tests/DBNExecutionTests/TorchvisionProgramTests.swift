import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import DBNZip
import Testing

/// torchvision's models as torch.export saves them, with weights made by the formula, against
/// PyTorch's outputs, the largest of which are between 1 and 10.
struct TorchvisionProgramTests {
  static let names = [
    "googlenet", "inception_v3", "efficientnet_b0", "mobilenet_v3_small", "shufflenet_v2_x0_5",
    "shufflenet_v2_x1_0", "regnet_y_400mf", "mnasnet0_5", "mnasnet1_0", "resnet18",
  ]
  private static let fixture = Fixture("export/torchvision")

  /// In float64: no output is further off than 1e-12 of the largest.
  @Test(arguments: names)
  func outputsArePyTorchs(name: String) throws {
    let graph = try Self.graph(name)
    let stateDict = try Formula.stateDict(for: graph, gain: Formula.gain(of: name))
    let executor = try ReferenceExecutor(graph, stateDict)
    #expect(try error(of: executor, name, .float64).relative <= 1e-12)
  }

  /// In float32, from the same weights rounded: no output is further off than 1e-4.
  @Test(.oneDNN, arguments: names)
  func outputsAreOneDNNs(name: String) throws {
    let graph = try Self.graph(name)
    let stateDict = try Formula.stateDict(for: graph, .float32, gain: Formula.gain(of: name))
    let executor = try OneDNNExecutor(graph, stateDict)
    #expect(try error(of: executor, name, .float32).absolute <= 1e-4)
  }

  /// Chunks and channel shuffles are copied by oneDNN.
  @Test(.oneDNN, arguments: names)
  func nothingGoesThroughTheReference(name: String) throws {
    let graph = try Self.graph(name)
    let executor = try OneDNNExecutor(graph, Formula.stateDict(for: graph, .float32))
    let kernels = try executor.kernels(
      for: ["x": try RecordedOutputs(Self.fixture, "outputs.pth", name).input])
    let left = kernels.filter { $0.operation == "reference" }.map(\.implementation)
    #expect(left == [])
  }

  private func error(
    of executor: any Executor, _ name: String, _ scalarType: ScalarType
  ) throws -> (absolute: Double, relative: Double) {
    let expected = try RecordedOutputs(Self.fixture, "outputs.pth", name)
    let image = try DenseArray(Formula.tensor("input", expected.input, scalarType))
    var executor = executor
    let logits = try #require(try executor.run(["x": image]).first)
    return try expected.error(of: logits, scalarType.name)
  }

  @Test(arguments: names)
  func theGraphSurvivesItsJSON(name: String) throws {
    let graph = try Self.graph(name)
    #expect(try Graph(parsing: graph.json.text()) == graph)
  }

  private static func graph(_ name: String) throws -> Graph {
    let zip = try ZipArchive(MappedFile.open(fixture.file("\(name).pt2")))
    let entry = try #require(zip.entries.first { $0.name.hasSuffix("/models/model.json") })
    return try Graph(parsing: String(decoding: entry.content().array, as: UTF8.self))
  }
}
