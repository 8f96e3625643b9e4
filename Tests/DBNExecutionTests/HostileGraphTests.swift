import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import DBNZip
import Testing

/// Graphs whose attributes are any integers: outputs or an error, and nothing else.
struct HostileGraphTests {
  /// The operation and its attributes, in which `#` stands for an integer, and its operands.
  static let nodes: [(attributes: String, operands: [String])] = [
    (#""operation": "accumulate", "function": "sum", "dimension": #"#, ["x"]),
    (#""operation": "convert", "type": "uint8""#, ["x"]),
    (#""operation": "diagonal", "offset": #, "first": #, "second": #"#, ["x"]),
    (#""operation": "einsum", "equation": "ij,jk->ik""#, ["x", "y"]),
    (#""operation": "einsum", "equation": "...i,...i""#, ["x", "y"]),
    (#""operation": "flip", "dimensions": [#, #]"#, ["x"]),
    (#""operation": "gather", "dimension": #"#, ["x", "i"]),
    (#""operation": "index", "dimensions": [#, #]"#, ["x", "i", "y"]),
    (#""operation": "index", "dimensions": [#]"#, ["x", "i"]),
    (#""operation": "indexPut", "dimensions": [#], "accumulates": true"#, ["x", "y", "i"]),
    (#""operation": "indexSelect", "dimension": #"#, ["x", "i"]),
    (#""operation": "linearSpace", "start": 0, "end": "inf", "count": #"#, []),
    (
      #""operation": "orderStatistic", "statistic": "median", "dimension": #, "keeps": true"#, ["x"]
    ),
    (
      #""operation": "reduce", "function": "norm", "order": #, "dimensions": [#], "keeps": true"#,
      ["x"]
    ),
    (
      #""operation": "reduce", "function": "variance", "correction": #, "dimensions": [], "keeps": true"#,
      ["x"]
    ),
    (
      #""operation": "quantile", "interpolation": "linear", "dimension": #, "keeps": true, "ignores_nan": true"#,
      ["x", "y"]
    ),
    (#""operation": "runningExtreme", "largest": true, "dimension": #"#, ["x"]),
    (#""operation": "triangleIndices", "upper": true, "rows": #, "columns": #, "offset": #"#, []),
    (#""operation": "triangleIndices", "upper": false, "rows": #, "columns": #, "offset": #"#, []),
    (#""operation": "repeat", "counts": [#, #, #]"#, ["x"]),
    (#""operation": "roll", "shifts": [#, #], "dimensions": [#, #]"#, ["x"]),
    (
      #""operation": "scatter", "dimension": #, "meeting": "mean", "includes_target": true"#,
      ["x", "i", "y"]
    ),
    (#""operation": "sort", "dimension": #, "descending": false"#, ["x"]),
    (#""operation": "triangle", "upper": true, "offset": #"#, ["x"]),
    (#""operation": "bitwiseNot""#, ["x"]), (#""operation": "shiftLeft""#, ["x", "y"]),
    (#""operation": "floorDivide""#, ["x", "y"]), (#""operation": "remainder""#, ["x", "y"]),
  ]

  private static let integers = [
    Int.min, .max, 1 << 40, -(1 << 40), -3, -2, -1, 0, 0, 1, 1, 2, 3,
  ]

  @Test(arguments: nodes.indices) func anyAttributesGiveOutputsOrAnError(index: Int) throws {
    let (template, operands) = Self.nodes[index]
    let seed = UInt64.random(in: 0 ... .max)
    print("\(template): seed \(seed)")
    var generator = SeededGenerator(seed)
    var outputs = 0
    for round in 0..<300 {
      let attributes = template.map {
        $0 == "#" ? "\(Self.integers.randomElement(using: &generator) ?? 0)" : "\($0)"
      }.joined()
      do {
        let inputs = try Self.inputs(&generator)
        let graph = try Self.graph(attributes, operands, inputs)
        var executor = try ReferenceExecutor(graph, StateDict())
        let results = try executor.run(inputs)
        outputs += results.count
        #expect(results.allSatisfy { $0.values.count == $0.shape.reduce(1, *) })
      } catch let error as CheckpointError {
        #expect(!error.reason.isEmpty, "seed \(seed), round \(round): \(attributes)")
      }
    }
    // Otherwise nothing beyond the checks of shapes was tried.
    #expect(outputs > 0, "seed \(seed)")
  }

  /// Programs of PyTorch with other integers in the calls: a graph or an error.
  @Test(arguments: [
    "indices", "reductions", "elements", "products", "arrangements", "statistics", "assembled",
    "any-batch",
  ])
  func anyArgumentsOfAProgramGiveAGraphOrAnError(name: String) throws {
    let path = Fixture("export/tensors").file("2.13/\(name).pt2")
    let zip = try ZipArchive(MappedFile.open(path))
    let entry = try #require(zip.entries.first { $0.name.hasSuffix("/models/model.json") })
    let text = try String(decoding: entry.content().array, as: UTF8.self)
    let parts = text.split(separator: "\"as_int\": ", omittingEmptySubsequences: false)
    let seed = UInt64.random(in: 0 ... .max)
    print("\(name): seed \(seed)")
    var generator = SeededGenerator(seed)
    for round in 0..<40 {
      let place = Int.random(in: 1..<parts.count, using: &generator)
      let number = Self.integers.randomElement(using: &generator) ?? 0
      let changed = parts.enumerated().map { index, part in
        index == place ? "\(number)\(part.drop { $0 == "-" || $0.isNumber })" : "\(part)"
      }.joined(separator: "\"as_int\": ")
      do {
        let graph = try Graph(parsing: changed)
        let shapes = graph.inputs.map { ($0.name, $0.shape.map { $0 ?? 3 }) }
        _ = try graph.sized(
          for: Dictionary(shapes, uniquingKeysWith: { $1 }), parameters: [:])
      } catch {
        #expect(!error.reason.isEmpty, "seed \(seed), round \(round)")
      }
    }
  }

  private static func inputs(
    _ generator: inout SeededGenerator
  ) throws -> [String: DenseArray] {
    let shape = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
      Int.random(in: 0...3, using: &generator)
    }
    let numbers: [Double] = [0, 1, 2, -1, 0.5, .nan, .infinity, -.infinity, 1e300, -0x1p63]
    var inputs: [String: DenseArray] = [:]
    for name in ["x", "y", "i"] {
      // Mostly indices.
      let choice =
        name == "x" || Int.random(in: 0...3, using: &generator) == 0 ? numbers[...] : numbers[..<2]
      inputs[name] = try DenseArray(
        shape: shape,
        values: (0..<shape.reduce(1, *)).map { _ in choice.randomElement(using: &generator) ?? 0 })
    }
    return inputs
  }

  private static func graph(
    _ attributes: String, _ operands: [String], _ inputs: [String: DenseArray]
  ) throws -> Graph {
    let outputs =
      ["sort", "orderStatistic", "runningExtreme"].contains { attributes.contains($0) }
      ? ["out", "indices"] : ["out"]
    let json = """
      {"format": "dbn-graph", "version": 1, "name": "m", "parameters": [], "inputs": [
        \(inputs.map { "{\"name\": \"\($0)\", \"shape\": \($1.shape)}" }.joined(separator: ", "))],
       "nodes": [{"name": "out", \(attributes), "operands": \(operands), "outputs": \(outputs)}],
       "outputs": \(outputs)}
      """
    return try Graph(parsing: json)
  }
}
