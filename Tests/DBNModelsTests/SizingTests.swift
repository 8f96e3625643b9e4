import DBNModels
import DBNTensors
import Testing

/// Shapes are known, and errors are said, before anything runs.
struct SizingTests {
  private func shapes(
    _ operation: DBNModels.Operation, _ operands: [Int]?..., parameters: [String: [Int]] = [:]
  ) throws(CheckpointError) -> [[Int]] {
    try operation.sized(for: operands).outputs
  }

  struct Mismatch: Sendable, CustomStringConvertible {
    let description: String
    let operation: DBNModels.Operation
    let operands: [[Int]?]
  }

  private static func convolution(
    _ stride: Int = 1, padding: Int = 0, groups: Int = 1
  ) -> DBNModels.Operation {
    .convolution(
      .init(
        stride: [stride, stride], padding: [padding, padding], dilation: [1, 1], groups: groups))
  }

  private static func pool(_ kernel: Int, _ padding: Int = 0) -> DBNModels.Operation {
    .maxPool(.init(kernel: [kernel], stride: [1], padding: [padding]))
  }

  static let mismatches: [Mismatch] = [
    .init(
      description: "channels", operation: convolution(), operands: [[1, 3, 8, 8], [4, 2, 3, 3]]),
    .init(
      description: "groups", operation: convolution(groups: 2),
      operands: [[1, 4, 8, 8], [3, 2, 3, 3]]),
    .init(
      description: "no groups", operation: convolution(groups: 0),
      operands: [[1, 4, 8, 8], [4, 4, 3, 3]]),
    .init(
      description: "bias", operation: convolution(), operands: [[1, 2, 8, 8], [4, 2, 3, 3], [3]]),
    .init(
      description: "a kernel larger than the image", operation: convolution(),
      operands: [[1, 2, 2, 2], [4, 2, 3, 3]]),
    .init(
      description: "no stride", operation: convolution(0), operands: [[1, 2, 4, 4], [4, 2, 3, 3]]),
    .init(
      description: "negative padding", operation: convolution(padding: -1),
      operands: [[1, 2, 4, 4], [4, 2, 3, 3]]),
    .init(
      description: "padding without end", operation: convolution(padding: .max),
      operands: [[1, 2, 4, 4], [4, 2, 3, 3]]),
    .init(
      description: "the rank of an image", operation: convolution(),
      operands: [[1, 2, 4], [4, 2, 3]]),
    .init(description: "features", operation: .linear, operands: [[2, 3], [4, 2]]),
    .init(description: "matrices", operation: .matrixMultiply, operands: [[2, 3], [4, 2]]),
    .init(description: "a vector", operation: .matrixMultiply, operands: [[3], [3, 2]]),
    .init(description: "broadcasting", operation: .multiply, operands: [[2, 3], [2]]),
    .init(description: "a pool's padding", operation: pool(2, 2), operands: [[1, 1, 8]]),
    .init(description: "a pool's rank", operation: pool(2), operands: [[8]]),
    .init(
      description: "channels of a vector",
      operation: .batchNorm(.init(module: "", .init(numFeatures: 2))), operands: [[2]]),
    .init(
      description: "joining", operation: .concatenate(dimension: 1), operands: [[2, 3], [3, 3]]),
    .init(
      description: "parts", operation: .split(sizes: [1, 1], dimension: 0), operands: [[3]]),
    .init(description: "no parts", operation: .chunk(count: 0, dimension: 0), operands: [[3]]),
    .init(
      description: "more elements", operation: .reshape([4, .inferred]), operands: [[2, 3]]),
    .init(
      description: "two unknown sizes", operation: .reshape([.inferred, .inferred]),
      operands: [[2, 3]]),
    .init(
      description: "nothing to infer from", operation: .reshape([0, .inferred]), operands: [[0, 3]]),
    .init(description: "expansion", operation: .expand([3, 4]), operands: [[3, 2]]),
    .init(description: "an order", operation: .permute([0, 0]), operands: [[3, 2]]),
    .init(description: "a dimension", operation: .softmax(dimension: 2), operands: [[3, 2]]),
    .init(
      description: "a step", operation: .slice(dimension: 0, start: 0, end: 1, step: 0),
      operands: [[3]]),
    .init(description: "an index", operation: .select(dimension: 0, index: 3), operands: [[3]]),
    .init(
      description: "what a slice becomes",
      operation: .sliceScatter(dimension: 0, start: 0, end: 2, step: 1), operands: [[3], [3]]),
    .init(
      description: "padding that removes more than there is",
      operation: .pad(before: [-4], after: [0], value: 0), operands: [[3]]),
    .init(
      description: "a layer's shape", operation: .layerNorm(shape: [3], eps: 0), operands: [[3, 2]]),
    .init(description: "a negative shape", operation: .full([-1], 0), operands: []),
    .init(
      description: "an endless range", operation: .range(start: 0, end: 3, step: 0), operands: []),
    .init(
      description: "indices of another rank", operation: .gather(dimension: 0),
      operands: [[3, 2], [3]]),
    .init(
      description: "more indices than elements", operation: .gather(dimension: 0),
      operands: [[3, 2], [1, 3]]),
    .init(
      description: "a source smaller than its indices", operation: .scatter(dimension: 0, .sum),
      operands: [[3], [3], [2]]),
    .init(
      description: "indices of no dimension", operation: .index(dimensions: [2]),
      operands: [[3, 2], [1]]),
    .init(
      description: "a dimension indexed twice", operation: .index(dimensions: [0, -2]),
      operands: [[3, 2], [1], [1]]),
    .init(
      description: "indices for one of two dimensions", operation: .index(dimensions: [0, 1]),
      operands: [[3, 2], [1]]),
    .init(
      description: "indices that do not broadcast", operation: .index(dimensions: [0, 1]),
      operands: [[3, 2], [2], [3]]),
    .init(
      description: "values that do not fit what is replaced",
      operation: .indexPut(dimensions: [0], accumulates: false), operands: [[3, 2], [3], [2]]),
    .init(
      description: "the largest of nothing",
      operation: .reduce(.largest, dimensions: [1], keepsDimensions: false), operands: [[3, 0]]),
    .init(
      description: "the median of nothing",
      operation: .orderStatistic(.median, dimension: 0, keepsDimensions: false), operands: [[0]]),
    .init(
      description: "an order along no dimension",
      operation: .sort(dimension: 1, descending: false), operands: [[3]]),
    .init(
      description: "fewer repetitions than dimensions", operation: .repeated([2]),
      operands: [[3, 2]]),
    .init(
      description: "repetitions without end", operation: .repeated([.fixed(.max)]),
      operands: [[3]]),
    .init(
      description: "one shift for two dimensions",
      operation: .roll(shifts: [1], dimensions: [0, 1]), operands: [[3, 2]]),
    .init(
      description: "the diagonal of one dimension",
      operation: .diagonal(offset: 0, first: 0, second: -2), operands: [[3, 2]]),
    .init(
      description: "the triangle of a vector", operation: .triangle(isUpper: true, offset: 0),
      operands: [[3]]),
    .init(
      description: "a line of fewer than no numbers",
      operation: .linearSpace(start: 0, end: 1, count: -1), operands: []),
    .init(
      description: "an equation for another rank", operation: .einsum("ij->i"), operands: [[3]]),
    .init(
      description: "an equation for one tensor", operation: .einsum("i->i"), operands: [[3], [3]]),
    .init(
      description: "a label of two sizes", operation: .einsum("i,i->"), operands: [[3], [2]]),
    .init(description: "a label of nothing", operation: .einsum("i->j"), operands: [[3]]),
    .init(description: "a result label twice", operation: .einsum("i->ii"), operands: [[3]]),
    .init(description: "no letter", operation: .einsum("1->1"), operands: [[3]]),
    .init(description: "two arrows", operation: .einsum("i->i->i"), operands: [[3]]),
    .init(
      description: "a remainder by zero",
      operation: .expand([.computed(.remainder, 1, 0)]), operands: [[1]]),
  ]

  @Test(arguments: mismatches)
  func whatDoesNotFitIsAnErrorOfShapes(mismatch: Mismatch) {
    let error = #expect(throws: CheckpointError.self) {
      try mismatch.operation.sized(for: mismatch.operands)
    }
    #expect(error?.code == .shapeMismatch)
  }

  @Test func dimensionsAndBoundsAreCountedFromTheFront() throws {
    let slice = Operation.slice(dimension: -1, start: -2, end: .fixed(.max), step: 1)
    let sized = try slice.sized(for: [[4, 5]])
    #expect(sized.outputs == [[4, 2]])
    #expect(sized.operation == .slice(dimension: 1, start: 3, end: 5, step: 1))
    #expect(try shapes(.chunk(count: 4, dimension: 0), [5]) == [[2], [2], [1]])
  }

  @Test func anErrorNamesItsNodeAndTheShapes() throws {
    let graph = Graph(
      name: "m", inputs: [.init("x", shape: [nil, 3, nil, nil])],
      nodes: [
        .init("conv", Self.convolution(), [.value("x"), .parameter("w"), .none]),
        .init("pool", Self.pool(2), [.value("conv")]),
      ], outputs: ["pool"], parameters: [])
    let error = #expect(throws: CheckpointError.self) {
      try graph.sized(for: ["x": [1, 3, 8, 8]], parameters: ["w": [4, 2, 3, 3]])
    }
    #expect(error?.name == "conv")
    #expect(error?.reason.contains("[1, 3, 8, 8]") == true)
    #expect(error?.reason.contains("[4, 2, 3, 3]") == true)
    let missing = #expect(throws: CheckpointError.self) {
      try graph.sized(for: [:], parameters: [:])
    }
    #expect(missing?.code == .missingOperand && missing?.name == "x")
    let wrong = #expect(throws: CheckpointError.self) {
      try graph.sized(for: ["x": [1, 4, 8, 8]], parameters: [:])
    }
    #expect(wrong?.reason.contains("[any, 3, any, any]") == true)
  }

  @Test func aValueOfMoreElementsThanMemoryHoldsIsRefused() {
    let graph = Graph(
      name: "m", inputs: [.init("x", shape: [1])],
      nodes: [.init("wide", .expand([.fixed(1 << 20), .fixed(1 << 20)]), [.value("x")])],
      outputs: ["wide"],
      parameters: [])
    let error = #expect(throws: CheckpointError.self) {
      try graph.sized(for: ["x": [1]], parameters: [:])
    }
    #expect(error?.code == .limitExceeded && error?.name == "wide")
  }

  /// Values are released after their last use, so a long chain of them is not too much.
  @Test func whatIsInMemoryAtOnceIsLimited() throws {
    func graph(_ values: Int, areKept: Bool) -> Graph {
      let names = (0..<values).map { "v\($0)" }
      let nodes = names.enumerated().map { place, name in
        Graph.Node(
          name, .expand([.fixed(1 << 12), .fixed(1 << 12)]),
          [.value(areKept || place == 0 ? "x" : names[place - 1])])
      }
      return Graph(
        name: "wide", inputs: [.init("x", shape: [1, 1])], nodes: nodes,
        outputs: areKept ? names : [names.last ?? "x"], parameters: [])
    }
    func size(_ graph: Graph) throws(CheckpointError) {
      _ = try graph.sized(for: ["x": [1, 1]], parameters: [:])
    }
    try size(graph(50, areKept: false))
    try size(graph(3, areKept: true))
    let error = try #require(throws: CheckpointError.self) {
      try size(graph(5, areKept: true))
    }
    #expect(error.code == .limitExceeded && error.name == "v3", "\(error)")
    #expect(error.reason.contains("[4096, 4096]") && error.reason.contains("in memory at once"))
  }
}
