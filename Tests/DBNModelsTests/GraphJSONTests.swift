import DBNBatchNorm
import DBNModels
import DBNTensors
import DBNTestSupport
import Foundation
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
    var ofProgram = NormModule(numFeatures: 3)
    ofProgram.layout = .firstDevice
    ofProgram.worldSize = 4
    ofProgram.accumulationSteps = 2
    var program = DBNModels.Operation.BatchNormAttributes(
      module: "b", ofProgram, exportedMode: .training)
    program.appliesAffine = false
    program.keptBuffers = [.runningMean, .runningVar]
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
      .identity, .parametricReLU, .functionalBatchNorm(eps: 1e-3), .batchNorm(program),
      .accumulate(.product, dimension: 1), .binary(.floorDivide),
      .convert(to: .int64), .diagonal(offset: -1, first: 0, second: 1), .einsum("ij,jk->ik"),
      .flip(dimensions: [0, 1]), .gather(dimension: 1), .index(dimensions: [0, 2]),
      .indexPut(dimensions: [1], accumulates: true), .indexSelect(dimension: 0),
      .linearSpace(start: -1, end: 2.5, count: size),
      .orderStatistic(.median, dimension: 1, keepsDimensions: true),
      .reduce(.norm(order: .infinity), dimensions: [0], keepsDimensions: false),
      .reduce(.variance(correction: 1), dimensions: [], keepsDimensions: true),
      .reduce(.logSumExp, dimensions: [1], keepsDimensions: true), .repeated([2, size]),
      .roll(shifts: [1, -2], dimensions: [0, 1]),
      .scatter(dimension: 0, .mean, includesTarget: false),
      .sort(dimension: -1, descending: true), .triangle(isUpper: true, offset: -2),
      .unary(.ceiling),
    ]
    let nodes = (operations + layers(size, pooling)).enumerated().map { index, operation in
      Graph.Node(
        "node \(index)", operation, [.value("x"), .parameter("w"), .none],
        outputs: index % 2 == 0 ? nil : ["a\(index)", "b\(index)"])
    }
    return Graph(
      name: "all", inputs: [.init("x", shape: [nil, 3], scalarType: .int64)], nodes: nodes,
      outputs: ["node 0", "x"], outputTypes: ["x": .int64, "node 0": .bool],
      updates: ["w": "node 0"],
      parameters: [.init(key: "w", shape: [2, 3])])
  }()

  private static func layers(
    _ size: Size, _ pooling: DBNModels.Operation.Pooling
  ) -> [DBNModels.Operation] {
    let patches = DBNModels.Operation.Patches(
      kernel: [1, 2], stride: [3, 4], padding: [5, 6], dilation: [7, 8])
    let convolution = DBNModels.Operation.Convolution(
      stride: [1], padding: [2], dilation: [3], groups: 4)
    let recurrence = DBNModels.Operation.Recurrence(
      .lstm, layers: 2, isBidirectional: true, hasBiases: false, hasProjections: true,
      isBatchFirst: true)
    return [
      .activation(.logSigmoid),
      .activation(.scaledELU(alpha: 1, scale: 2, inputScale: 0.5)),
      .activation(.hardShrink(threshold: 0.5)),
      .activation(.softShrink(threshold: 0.5)),
      .activation(.threshold(0.5, value: 20)),
      .adaptiveMaxPool([1, 2]),
      .adaptiveMaxPoolIndices([1]),
      .attention(.init()),
      .attention(.init(scale: 0.5, isCausal: true, hasBooleanMask: true, sharesHeads: true)),
      .channelShuffle(groups: 2),
      .col2im(patches, sizes: [size, 4]),
      .im2col(patches),
      .gridSample(.init(mode: .cubic, padding: .reflection, alignsCorners: true)),
      .groupNorm(groups: 2, eps: 0.5),
      .interpolate(.init(.linear, sizes: [size], alignsCorners: true)),
      .interpolate(.init(.nearestExact, scales: [0.5, 2], antialiases: true)),
      .maxPoolIndices(pooling),
      .maxUnpool([size]),
      .pad(before: [1], after: [size], by: .reflect),
      .pixelShuffle(factor: 2),
      .pixelUnshuffle(factor: 2),
      .recurrence(.init(.gru)),
      .recurrence(recurrence),
      .rmsNorm(shape: [4], eps: 0.5),
      .transposedConvolution(convolution, outputPadding: [5]),
      .weightNorm(dimension: nil),
      .weightNorm(dimension: 1), .affineGrid([size, 1, 2, 3], alignsCorners: true),
      .unfold(dimension: 0, size: 2, step: 1),
      .quantile(.midpoint, dimension: -1, keepsDimensions: true, ignoresNaN: true),
      .runningExtreme(isLargest: true, dimension: -1),
      .triangleIndices(isUpper: false, rows: 2, columns: 3, offset: -1),
    ]
  }

  @Test func everyOperationSurvives() throws {
    #expect(try Graph(parsing: Self.graph.json.text()) == Self.graph)
    let data = try JSONEncoder().encode([Self.graph])
    #expect(try JSONDecoder().decode([Graph].self, from: data) == [Self.graph])
  }

  /// Files that were written before must be read, and what is written must not change unnoticed.
  @Test func everyOperationIsWrittenAsItAlwaysWas() throws {
    let expected = try JSON(parsing: Self.text).text()
    #expect(Self.graph.json.text() == expected)
    #expect(try Graph(parsing: Self.text) == Self.graph)
  }

  /// Of two operations with one name, one would be read as the other.
  @Test func everyNameIsOfOneOperation() {
    let names = DBNModels.Operation.all.flatMap { $0.names }
    #expect(Set(names).count == names.count)
    let read = DBNModels.Operation.all.flatMap { Array($0.handlers.keys) }
    #expect(Set(read).count == read.count)
    #expect(Set(Self.graph.nodes.map(\.operation.name)).isSubset(of: names))
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
      description: "an unknown operation", from: "\"linear\"", to: "\"hologram\"",
      code: .unsupportedOperation),
    .init(description: "no operands", from: "\"operands\": [\"fc\"]", to: "\"operand\": 1"),
    .init(description: "a size of another kind", from: "{\"dimension\": 0", to: "{\"width\": 0"),
    .init(description: "no attribute", from: "\"sizes\"", to: "\"shape\""),
    .init(
      description: "a float as an output's type", from: "\"outputs\": [\"r\"]",
      to: "\"outputs\": [\"r\"], \"output_types\": {\"r\": \"float32\"}"),
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

extension GraphJSONTests {
  /// `graph` as files have it.
  private static let text = #"""
    {"format": "dbn-graph", "version": 1, "name": "all", "inputs": [{"name": "x", "shape": [null, 3], "type": "int64"}], "parameters": [{"key": "w", "shape": [2, 3]}], "nodes": [
    {"name": "node 0", "operation": "convolution", "stride": [1], "padding": [2], "dilation": [3], "groups": 4, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 1", "operation": "batchNorm", "module": "a.bn", "features": 3, "eps": 1e-05, "momentum": null, "bias": false, "layout": "replicated", "world_size": 4, "dimensions": 2, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a1", "b1"]},
    {"name": "node 2", "operation": "linear", "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 3", "operation": "matrixMultiply", "operands": ["x", {"parameter": "w"}, null], "outputs": ["a3", "b3"]},
    {"name": "node 4", "operation": "hardTanh", "minimum": "-inf", "maximum": 6.0, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 5", "operation": "gelu", "tanh": true, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a5", "b5"]},
    {"name": "node 6", "operation": "softplus", "beta": 1.0, "threshold": 20.0, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 7", "operation": "power", "exponent": -0.5, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a7", "b7"]},
    {"name": "node 8", "operation": "leakyReLU", "slope": 0.01, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 9", "operation": "elu", "alpha": 1.0, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a9", "b9"]},
    {"name": "node 10", "operation": "mish", "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 11", "operation": "add", "scale": -0.5, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a11", "b11"]},
    {"name": "node 12", "operation": "multiply", "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 13", "operation": "divide", "operands": ["x", {"parameter": "w"}, null], "outputs": ["a13", "b13"]},
    {"name": "node 14", "operation": "maximum", "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 15", "operation": "minimum", "operands": ["x", {"parameter": "w"}, null], "outputs": ["a15", "b15"]},
    {"name": "node 16", "operation": "compare", "comparison": "less", "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 17", "operation": "compareScalar", "comparison": "equal", "number": 3.0, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a17", "b17"]},
    {"name": "node 18", "operation": "choose", "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 19", "operation": "addScalar", "number": 0.1, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a19", "b19"]},
    {"name": "node 20", "operation": "multiplyScalar", "number": 2.0, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 21", "operation": "divideScalar", "number": 3.0, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a21", "b21"]},
    {"name": "node 22", "operation": "fill", "number": 1.0, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 23", "operation": "full", "sizes": [2, {"quotient": [{"dimension": 0, "of": "x"}, 2]}], "number": 7.0, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a23", "b23"]},
    {"name": "node 24", "operation": "range", "start": 0, "end": {"quotient": [{"dimension": 0, "of": "x"}, 2]}, "step": 2, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 25", "operation": "maxPool", "kernel": [2], "stride": [1], "padding": [0], "dilation": [1], "ceil": true, "counts_padding": false, "divisor": 3, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a25", "b25"]},
    {"name": "node 26", "operation": "averagePool", "kernel": [2], "stride": [1], "padding": [0], "dilation": [1], "ceil": true, "counts_padding": false, "divisor": 3, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 27", "operation": "adaptiveAveragePool", "sizes": [1, 2], "operands": ["x", {"parameter": "w"}, null], "outputs": ["a27", "b27"]},
    {"name": "node 28", "operation": "mean", "dimensions": [1], "keeps": true, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 29", "operation": "sum", "dimensions": [], "keeps": false, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a29", "b29"]},
    {"name": "node 30", "operation": "concatenate", "dimension": 1, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 31", "operation": "chunk", "count": 2, "dimension": -1, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a31", "b31"]},
    {"name": "node 32", "operation": "split", "sizes": [1, 2], "dimension": 0, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 33", "operation": "flatten", "start": 1, "end": -1, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a33", "b33"]},
    {"name": "node 34", "operation": "reshape", "sizes": [{"input": 0}, "inferred", 3], "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 35", "operation": "expand", "sizes": [{"quotient": [{"dimension": 0, "of": "x"}, 2]}], "operands": ["x", {"parameter": "w"}, null], "outputs": ["a35", "b35"]},
    {"name": "node 36", "operation": "permute", "order": [1, 0], "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 37", "operation": "unsqueeze", "dimension": 0, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a37", "b37"]},
    {"name": "node 38", "operation": "squeeze", "dimensions": [0], "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 39", "operation": "slice", "dimension": 0, "start": {"quotient": [{"dimension": 0, "of": "x"}, 2]}, "end": 9223372036854775807, "step": 2, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a39", "b39"]},
    {"name": "node 40", "operation": "select", "dimension": 0, "index": -1, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 41", "operation": "sliceScatter", "dimension": 0, "start": 0, "end": 1, "step": 1, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a41", "b41"]},
    {"name": "node 42", "operation": "selectScatter", "dimension": 1, "index": 0, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 43", "operation": "pad", "before": [1], "after": [{"quotient": [{"dimension": 0, "of": "x"}, 2]}], "value": "-inf", "operands": ["x", {"parameter": "w"}, null], "outputs": ["a43", "b43"]},
    {"name": "node 44", "operation": "layerNorm", "shape": [4], "eps": 1e-05, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 45", "operation": "softmax", "dimension": 1, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a45", "b45"]},
    {"name": "node 46", "operation": "logSoftmax", "dimension": 0, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 47", "operation": "identity", "operands": ["x", {"parameter": "w"}, null], "outputs": ["a47", "b47"]},
    {"name": "node 48", "operation": "parametricReLU", "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 49", "operation": "functionalBatchNorm", "eps": 0.001, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a49", "b49"]},
    {"name": "node 50", "operation": "batchNorm", "module": "b", "features": 3, "eps": 1e-05, "momentum": 0.1, "layout": "first-device", "world_size": 4, "accumulation_steps": 2, "applies_affine": false, "kept_buffers": ["running_mean", "running_var"], "mode": "train", "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 51", "operation": "accumulate", "function": "product", "dimension": 1, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a51", "b51"]},
    {"name": "node 52", "operation": "floorDivide", "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 53", "operation": "convert", "type": "int64", "operands": ["x", {"parameter": "w"}, null], "outputs": ["a53", "b53"]},
    {"name": "node 54", "operation": "diagonal", "offset": -1, "first": 0, "second": 1, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 55", "operation": "einsum", "equation": "ij,jk->ik", "operands": ["x", {"parameter": "w"}, null], "outputs": ["a55", "b55"]},
    {"name": "node 56", "operation": "flip", "dimensions": [0, 1], "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 57", "operation": "gather", "dimension": 1, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a57", "b57"]},
    {"name": "node 58", "operation": "index", "dimensions": [0, 2], "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 59", "operation": "indexPut", "dimensions": [1], "accumulates": true, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a59", "b59"]},
    {"name": "node 60", "operation": "indexSelect", "dimension": 0, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 61", "operation": "linearSpace", "start": -1.0, "end": 2.5, "count": {"quotient": [{"dimension": 0, "of": "x"}, 2]}, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a61", "b61"]},
    {"name": "node 62", "operation": "orderStatistic", "statistic": "median", "dimension": 1, "keeps": true, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 63", "operation": "reduce", "function": "norm", "order": "inf", "dimensions": [0], "keeps": false, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a63", "b63"]},
    {"name": "node 64", "operation": "reduce", "function": "variance", "correction": 1.0, "dimensions": [], "keeps": true, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 65", "operation": "reduce", "function": "logSumExp", "dimensions": [1], "keeps": true, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a65", "b65"]},
    {"name": "node 66", "operation": "repeat", "counts": [2, {"quotient": [{"dimension": 0, "of": "x"}, 2]}], "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 67", "operation": "roll", "shifts": [1, -2], "dimensions": [0, 1], "operands": ["x", {"parameter": "w"}, null], "outputs": ["a67", "b67"]},
    {"name": "node 68", "operation": "scatter", "dimension": 0, "meeting": "mean", "includes_target": false, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 69", "operation": "sort", "dimension": -1, "descending": true, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a69", "b69"]},
    {"name": "node 70", "operation": "triangle", "upper": true, "offset": -2, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 71", "operation": "ceiling", "operands": ["x", {"parameter": "w"}, null], "outputs": ["a71", "b71"]},
    {"name": "node 72", "operation": "logSigmoid", "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 73", "operation": "scaledELU", "alpha": 1.0, "scale": 2.0, "input_scale": 0.5, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a73", "b73"]},
    {"name": "node 74", "operation": "hardShrink", "threshold": 0.5, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 75", "operation": "softShrink", "threshold": 0.5, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a75", "b75"]},
    {"name": "node 76", "operation": "threshold", "threshold": 0.5, "value": 20.0, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 77", "operation": "adaptiveMaxPool", "sizes": [1, 2], "operands": ["x", {"parameter": "w"}, null], "outputs": ["a77", "b77"]},
    {"name": "node 78", "operation": "adaptiveMaxPoolIndices", "sizes": [1], "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 79", "operation": "attention", "scale": null, "causal": false, "boolean_mask": false, "shares_heads": false, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a79", "b79"]},
    {"name": "node 80", "operation": "attention", "scale": 0.5, "causal": true, "boolean_mask": true, "shares_heads": true, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 81", "operation": "channelShuffle", "groups": 2, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a81", "b81"]},
    {"name": "node 82", "operation": "col2im", "kernel": [1, 2], "stride": [3, 4], "padding": [5, 6], "dilation": [7, 8], "sizes": [{"quotient": [{"dimension": 0, "of": "x"}, 2]}, 4], "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 83", "operation": "im2col", "kernel": [1, 2], "stride": [3, 4], "padding": [5, 6], "dilation": [7, 8], "operands": ["x", {"parameter": "w"}, null], "outputs": ["a83", "b83"]},
    {"name": "node 84", "operation": "gridSample", "mode": "cubic", "padding": "reflection", "align_corners": true, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 85", "operation": "groupNorm", "groups": 2, "eps": 0.5, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a85", "b85"]},
    {"name": "node 86", "operation": "interpolate", "mode": "linear", "sizes": [{"quotient": [{"dimension": 0, "of": "x"}, 2]}], "scales": [], "align_corners": true, "antialias": false, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 87", "operation": "interpolate", "mode": "nearestExact", "sizes": [], "scales": [0.5, 2.0], "align_corners": false, "antialias": true, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a87", "b87"]},
    {"name": "node 88", "operation": "maxPoolIndices", "kernel": [2], "stride": [1], "padding": [0], "dilation": [1], "ceil": true, "counts_padding": false, "divisor": 3, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 89", "operation": "maxUnpool", "sizes": [{"quotient": [{"dimension": 0, "of": "x"}, 2]}], "operands": ["x", {"parameter": "w"}, null], "outputs": ["a89", "b89"]},
    {"name": "node 90", "operation": "padByCopies", "before": [1], "after": [{"quotient": [{"dimension": 0, "of": "x"}, 2]}], "copies": "reflect", "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 91", "operation": "pixelShuffle", "factor": 2, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a91", "b91"]},
    {"name": "node 92", "operation": "pixelUnshuffle", "factor": 2, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 93", "operation": "recurrence", "cell": "gru", "layers": 1, "bidirectional": false, "biases": true, "projections": false, "batch_first": false, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a93", "b93"]},
    {"name": "node 94", "operation": "recurrence", "cell": "lstm", "layers": 2, "bidirectional": true, "biases": false, "projections": true, "batch_first": true, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 95", "operation": "rmsNorm", "shape": [4], "eps": 0.5, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a95", "b95"]},
    {"name": "node 96", "operation": "transposedConvolution", "stride": [1], "padding": [2], "dilation": [3], "groups": 4, "output_padding": [5], "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 97", "operation": "weightNorm", "dimension": null, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a97", "b97"]},
    {"name": "node 98", "operation": "weightNorm", "dimension": 1, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 99", "operation": "affineGrid", "sizes": [{"quotient": [{"dimension": 0, "of": "x"}, 2]}, 1, 2, 3], "align_corners": true, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a99", "b99"]},
    {"name": "node 100", "operation": "unfold", "dimension": 0, "size": 2, "step": 1, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 101", "operation": "quantile", "interpolation": "midpoint", "dimension": -1, "keeps": true, "ignores_nan": true, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a101", "b101"]},
    {"name": "node 102", "operation": "runningExtreme", "largest": true, "dimension": -1, "operands": ["x", {"parameter": "w"}, null]},
    {"name": "node 103", "operation": "triangleIndices", "upper": false, "rows": 2, "columns": 3, "offset": -1, "operands": ["x", {"parameter": "w"}, null], "outputs": ["a103", "b103"]}
    ], "outputs": ["node 0", "x"], "output_types": {"node 0": "bool", "x": "int64"}, "updates": {"w": "node 0"}}
    """#
}
