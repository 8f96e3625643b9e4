import DBNBatchNorm
import Foundation
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// Graphs as JSON, and the rules of graphs, each broken once.
struct GraphJSONTests {
  /// Every operation and every attribute.
  static let graph: Graph = {
    let size = Size.computed(.quotient, .dimension(0, of: "x"), .fixed(2))
    let pooling = Operation.Pooling(
      kernel: [2], stride: [1], padding: [0], usesCeiling: true, countsPadding: false, divisor: 3)
    var norm = NormModule(numFeatures: 3)
    norm.momentum = nil
    norm.hasBias = false
    norm.layout = .replicated
    norm.worldSize = 4
    norm.dimensions = 2
    let operations: [DBNModels.Operation] = [
      .convolution(.init(stride: [1], padding: [2], dilation: [3], groups: 4)),
      .batchNorm(.init(module: "a.bn", norm)), .linear, .matrixMultiply,
      .activation(.hardTanh(minimum: -.infinity, maximum: 6)), .activation(.gelu(usesTanh: true)),
      .activation(.softplus(beta: 1, threshold: 20)), .activation(.power(-0.5)),
      .activation(.leakyReLU(slope: 0.01)), .activation(.elu(alpha: 1)), .activation(.mish),
      .add(scale: -0.5), .multiply, .divide, .maximum, .minimum, .compare(.less),
      .compareScalar(.equal, 3), .choose, .addScalar(0.1), .multiplyScalar(2), .divideScalar(3),
      .fill(1), .full([2, size], 7), .range(start: 0, end: size, step: 2), .maxPool(pooling),
      .averagePool(pooling), .adaptiveAveragePool([1, 2]),
      .mean(dimensions: [1], keepsDimensions: true), .sum(dimensions: [], keepsDimensions: false),
      .concatenate(dimension: 1), .chunk(count: 2, dimension: -1),
      .split(sizes: [1, 2], dimension: 0), .flatten(start: 1, end: -1),
      .reshape([.input(dimension: 0), .inferred, 3]), .expand([size]), .permute([1, 0]),
      .unsqueeze(dimension: 0), .squeeze(dimensions: [0]),
      .slice(dimension: 0, start: size, end: .fixed(.max), step: 2),
      .select(dimension: 0, index: -1),
      .sliceScatter(dimension: 0, start: 0, end: 1, step: 1),
      .selectScatter(dimension: 1, index: 0), .pad(before: [1], after: [size], value: -.infinity),
      .layerNorm(shape: [4], eps: 1e-5), .softmax(dimension: 1), .logSoftmax(dimension: 0),
      .identity,
    ]
    let nodes = operations.enumerated().map { index, operation in
      Graph.Node(
        "node \(index)", operation, [.value("x"), .parameter("w"), .none],
        outputs: index % 2 == 0 ? nil : ["a\(index)", "b\(index)"])
    }
    return Graph(
      name: "all", inputs: [.init("x", shape: [nil, 3])], nodes: nodes, outputs: ["node 0", "x"],
      parameters: [.init(key: "w", shape: [2, 3])])
  }()

  @Test func everyOperationSurvives() throws {
    #expect(try Graph(parsing: Self.graph.json.text()) == Self.graph)
    let data = try JSONEncoder().encode([Self.graph])
    #expect(try JSONDecoder().decode([Graph].self, from: data) == [Self.graph])
  }

  @Test func everyArchitectureSurvives() throws {
    for architecture in Architecture.all.prefix(6) {
      let graph = architecture()
      #expect(try Graph(parsing: graph.json.text()) == graph)
    }
  }

  static let plain = """
    {"format": "dbn-graph", "version": 1, "name": "m", "inputs": [{"name": "x", "shape": [null, 2]}],
     "parameters": [{"key": "w", "shape": [2, 2]}],
     "nodes": [{"name": "fc", "operation": "linear", "operands": ["x", {"parameter": "w"}, null]},
      {"name": "r", "operation": "reshape", "sizes": [{"dimension": 0, "of": "fc"}, 2],
       "operands": ["fc"]}],
     "outputs": ["r"]}
    """

  struct Broken: Sendable, CustomStringConvertible {
    let description: String
    let from: String
    let to: String
    var code = CheckpointError.Code.invalidGraph
  }

  static let broken: [Broken] = [
    .init(description: "a later version", from: "\"version\": 1", to: "\"version\": 2"),
    .init(description: "no name", from: "\"name\": \"m\", ", to: ""),
    .init(description: "used before it is made", from: "[\"x\", {\"para", to: "[\"r\", {\"para"),
    .init(description: "a size of nothing", from: "\"of\": \"fc\"", to: "\"of\": \"r\""),
    .init(description: "made twice", from: "{\"name\": \"r\"", to: "{\"name\": \"fc\""),
    .init(description: "no such output", from: "[\"r\"]}", to: "[\"s\"]}"),
    .init(description: "a negative input", from: "[null, 2]}]", to: "[null, -2]}]"),
    .init(description: "a negative parameter", from: "[2, 2]}]", to: "[2, -2]}]"),
    .init(
      description: "a parameter twice", from: "[2, 2]}]",
      to: "[2, 2]}, {\"key\": \"w\", \"shape\": []}]"),
    .init(
      description: "an input twice", from: "[null, 2]}]",
      to: "[null, 2]}, {\"name\": \"x\", \"shape\": []}]"),
    .init(
      description: "an unknown operation", from: "\"linear\"", to: "\"attention\"",
      code: .unsupportedOperation),
    .init(description: "no operands", from: "\"operands\": [\"fc\"]", to: "\"operand\": 1"),
    .init(description: "a size of another kind", from: "{\"dimension\": 0", to: "{\"width\": 0"),
    .init(description: "no attribute", from: "\"sizes\"", to: "\"shape\""),
    .init(
      description: "a key twice", from: "{\"format\"", to: "{\"name\": 1, \"format\"",
      code: .invalidJSON),
  ]

  @Test func thePlainOneIsAGraph() throws {
    let graph = try Graph(parsing: Self.plain)
    #expect(graph.nodes.map(\.name) == ["fc", "r"])
  }

  @Test(arguments: broken)
  func everyBrokenRuleIsAnError(rule: Broken) throws {
    let text = Self.plain.replacing(rule.from, with: rule.to, maxReplacements: 1)
    try #require(text != Self.plain)
    let error = #expect(throws: CheckpointError.self) { try Graph(parsing: text) }
    #expect(error?.code == rule.code, "\(error?.description ?? "")")
  }

  @Test func sizesAreNotNestedWithoutEnd() {
    let nested = String(repeating: "{\"sum\": [1, ", count: 5_000)
    let text = Self.plain.replacing("{\"dimension\": 0", with: nested + "{\"dimension\": 0")
    #expect(throws: CheckpointError.self) { try Graph(parsing: text) }
  }
}
