import Execution
import Models
import Tensors
import TestSupport
import Testing
import Zip

/// torchvision's models as torch.export saves them, with weights made by the formula, against
/// PyTorch's outputs in float64: within 1e-12 of the largest.
struct TorchvisionProgramTests {
  static let names = [
    "googlenet", "inception_v3", "efficientnet_b0", "mobilenet_v3_small", "shufflenet_v2_x0_5",
    "shufflenet_v2_x1_0", "regnet_y_400mf", "mnasnet0_5", "mnasnet1_0", "resnet18",
  ]
  private static let fixture = Fixture("export/torchvision")

  @Test(arguments: names)
  func outputsArePyTorchs(name: String) throws {
    let graph = try Self.graph(name)
    try check(ReferenceExecutor(graph, Formula.stateDict(for: graph)), .float64, name, 1e-12)
  }

  #if OneDNN
    /// In float32, from the same weights rounded: within 1e-4 of the largest.
    @Test(arguments: names)
    func outputsAreOneDNNs(name: String) throws {
      let graph = try Self.graph(name)
      try check(
        OneDNNExecutor(graph, Formula.stateDict(for: graph, .float32)), .float32, name, 1e-4)
    }
  #endif

  private func check(
    _ executor: any Executor, _ scalarType: ScalarType, _ name: String, _ tolerance: Double
  ) throws {
    let bytes = try Self.fixture.bytes("outputs.json")
    let expected = try #require(try JSON(parsing: ByteRegion(bytes))[name])
    let shape = try #require(expected["shape"]?.array).compactMap(\.int)
    var executor = executor
    let image = try DenseArray(Formula.tensor("input", shape, scalarType))
    let logits = try #require(try executor.run(["x": image]).first)
    #expect(logits.shape == expected["outputs"]?.array?.compactMap(\.int))
    let first = try #require(expected["first"]?.array).compactMap { Double($0.string ?? "") }
    #expect(first.count == 10)
    let scale = try #require(logits.values.map(abs).max())
    for (value, wanted) in zip(logits.values, first) {
      #expect(abs(value - wanted) <= tolerance * scale)
    }
    let magnitude = try #require(Double(expected["magnitude"]?.string ?? ""))
    #expect(abs(logits.values.map(abs).reduce(0, +) - magnitude) <= tolerance * magnitude)
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
