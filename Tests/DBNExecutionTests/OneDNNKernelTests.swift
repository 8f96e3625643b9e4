import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// Which kernels the oneDNN engine has for an operation: none that would be slow.
@Suite(.oneDNN)
struct OneDNNKernelTests {
  private func kernels(
    _ shape: [Int], _ add: (inout RandomGraph, Graph.Operand) throws -> Void
  ) throws -> [String] {
    var generator = SeededGenerator(11)
    var random = RandomGraph(&generator)
    let x = try random.input("x", shape)
    // Parameters alone would be computed once.
    random.add("scaled", .multiplyScalar(2), [x])
    try add(&random, .value("scaled"))
    let inputs = random.inputs
    let executor = try OneDNNExecutor(random.graph, random.stateDict)
    var (one, other) = (executor, try ReferenceExecutor(random.graph, random.stateDict))
    let (values, expected) = (try one.run(inputs)[0], try other.run(inputs)[0])
    #expect(values.shape == expected.shape)
    #expect(zip(values.values, expected.values).allSatisfy { abs($0 - $1) < 1e-5 })
    return try executor.kernels(for: inputs.mapValues(\.shape)).map(\.operation)
  }

  /// As many kernels as for two samples; a kernel for each would take longer to start than to run.
  @Test(arguments: [[300, 24], [300, 24, 1, 1]])
  func aBatchNormOfRowsHasTwo(shape: [Int]) throws {
    let kernels = try kernels(shape) { random, x in
      try random.addBatchNorm("bn", x, features: 24)
    }
    #expect(kernels.filter { $0 == "binary" }.count == 2)
    #expect(!kernels.contains("reference"))
  }

  /// A table of positions, a scale for each channel, and a mask are often parameters.
  @Test func parametersAreOperandsOfOneDNNs() throws {
    let kernels = try kernels([2, 3, 5, 8]) { random, x in
      let table = try random.parameter("table", [3, 5, 8])
      random.add("sum", .add(scale: 1), [table, x])
      random.add("product", .multiply, [.value("sum"), try random.parameter("scale", [8])])
      let query = Graph.Operand.value("product")
      random.add(
        "attention", .attention(.init()),
        [query, query, query, try random.parameter("mask", [3, 5, 5])])
      random.add(
        "out", .matrixMultiply, [.value("attention"), try random.parameter("matrix", [8, 4])])
    }
    #expect(!kernels.contains("reference"))
  }

  @Test(arguments: ["b h i d, b h j d -> b h i j", "BHIK,BHKJ->BHIJ", "...ik,...jk->...ij"])
  func equationsOfMatricesAreOneDNNs(equation: String) throws {
    let kernels = try kernels([2, 3, 8, 8]) { random, x in
      random.add("out", .einsum(equation), [x, x])
    }
    #expect(kernels.contains("matmul") && !kernels.contains("reference"))
  }

  /// Equations that look like it: diagonals, broadcasts, sums, another order.
  @Test(arguments: ["bhii,bhij->bhij", "bhik,bhkj->bhji", "bhik,hbkj->bhij", "bhik,bhkj->hij"])
  func otherEquationsAreTheReferences(equation: String) throws {
    let kernels = try kernels([3, 3, 4, 4]) { random, x in
      random.add("out", .einsum(equation), [x, x])
    }
    #expect(kernels.contains("reference"))
  }

  static let copies: [Operation] = [
    .unfold(dimension: 2, size: 4, step: 2), .expand([.fixed(3), .fixed(6), .fixed(8), .fixed(8)]),
    .pad(before: [.fixed(1), .fixed(-2)], after: [.fixed(0), .fixed(3)], value: -0.5),
    .pad(before: [.fixed(0), .fixed(9)], after: [.fixed(0), .fixed(-9)], value: 1),
    .slice(dimension: 3, start: .fixed(1), end: .fixed(8), step: 3), .flip(dimensions: [0, 2]),
    .repeated([.fixed(2), .fixed(1), .fixed(3), .fixed(1)]),
    .diagonal(offset: 1, first: 2, second: 3), .channelShuffle(groups: 3),
  ]

  @Test(arguments: copies) func whatIsCopiedIsCopiedByOneDNN(operation: Operation) throws {
    let kernels = try kernels([1, 6, 8, 8]) { random, x in random.add("out", operation, [x]) }
    #expect(!kernels.contains("reference"))
    #expect(kernels.contains("reorder") || kernels.contains("fill"))
  }

  /// Elements in reversed order would have a kernel each.
  @Test func whatHasManyPiecesIsTheReferences() throws {
    let kernels = try kernels([2, 100]) { random, x in
      random.add("out", .flip(dimensions: [1]), [x])
    }
    #expect(kernels.contains("reference"))
  }
}
