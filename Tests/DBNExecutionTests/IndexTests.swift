import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// Indices are numbers of the inputs: what they can't address is an error, in both engines.
struct IndexTests {
  static let operations: [Operation] = [
    .indexSelect(dimension: 0), .gather(dimension: 0), .index(dimensions: [0]),
    .indexPut(dimensions: [0], accumulates: false), .scatter(dimension: 0, .sum),
  ]

  private func run(_ engine: Engine, _ operation: Operation, index: Double) throws -> [DenseArray] {
    let needsValue = ["indexPut", "scatter"].contains(operation.name)
    let operands: [Graph.Operand] =
      operation.name == "indexPut"
      ? [.value("x"), .value("x"), .value("i")]
      : [.value("x"), .value("i")] + (needsValue ? [.value("x")] : [])
    let graph = Graph(
      name: "indices", inputs: [.init("x", shape: [3]), .init("i", shape: [3])],
      nodes: [.init("out", operation, operands)], outputs: ["out"], parameters: [])
    var executor = try engine.executor(graph, StateDict())
    return try executor.run([
      "x": DenseArray(shape: [3], values: [1, 2, 3]),
      "i": DenseArray(shape: [3], values: [0, index, 2]),
    ])
  }

  @Test(
    arguments: Engine.allCases.filter(\.isAvailable),
    [3, -4, 0.5, 0x1p63, 0x1p100, -0x1p100] as [Double])
  func whatIsNoIndexIsAnError(engine: Engine, index: Double) {
    for operation in Self.operations {
      let error = #expect(throws: CheckpointError.self) {
        try run(engine, operation, index: index)
      }
      #expect(error?.code == .invalidIndex && error?.name == "out")
      #expect(error?.reason.contains("size 3") == true, "\(error?.reason ?? "")")
    }
  }

  @Test(arguments: [Double.nan, .infinity]) func whatIsNotFiniteIsNoIndex(index: Double) {
    for operation in Self.operations {
      let error = #expect(throws: CheckpointError.self) {
        try run(.reference, operation, index: index)
      }
      #expect(error?.code == .invalidIndex)
    }
  }

  /// PyTorch counts from the end with `x[i]`, and not with `gather` and `index_select`.
  @Test func onlySubscriptsCountFromTheEnd() throws {
    #expect(try run(.reference, .index(dimensions: [0]), index: -3)[0].values == [1, 1, 3])
    for operation in [Operation.gather(dimension: 0), .indexSelect(dimension: 0)] {
      #expect(throws: CheckpointError.self) { try run(.reference, operation, index: -1) }
    }
  }

  /// An equation whose result is small can have a product in between that is not.
  @Test func productsWithinAnEquationAreBounded() throws {
    let wide = try DenseArray(
      shape: [1 << 8, 1 << 8], values: Array(repeating: 1, count: 1 << 16))
    let error = #expect(throws: CheckpointError.self) {
      try Operation.einsum("ab,cd,ac,bd->").outputs(of: [wide, wide, wide, wide])
    }
    #expect(error?.code == .limitExceeded)
  }
}
