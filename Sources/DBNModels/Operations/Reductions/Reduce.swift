package import DBNTensors

extension Operation {
  /// A number for each line of elements along the dimensions; of all elements if none are given.
  public static func reduce(
    _ function: ReductionFunction, dimensions: [Int], keepsDimensions: Bool
  ) -> Operation {
    Operation(
      Reduce(function: function, dimensions: dimensions, keepsDimensions: keepsDimensions))
  }

  /// `torch.amax` and its relatives; `Mean` and `Sum` are operations of their own, since an engine
  /// has kernels for them.
  package struct Reduce: GraphOperation {
    let function: ReductionFunction
    let dimensions: [Int]
    let keepsDimensions: Bool

    package static var names: [String] { ["reduce"] }

    init(function: ReductionFunction, dimensions: [Int], keepsDimensions: Bool) {
      self.function = function
      self.dimensions = dimensions
      self.keepsDimensions = keepsDimensions
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(
        function: try ReductionFunction(reader), dimensions: try reader.ints("dimensions"),
        keepsDimensions: try reader.bool("keeps"))
    }

    package var attributes: [JSON.Member] {
      function.attributes + [
        .init("dimensions", .ints(dimensions)), .init("keeps", .bool(keepsDimensions)),
      ]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let over = try input.dimensions(dimensions)
      guard function.acceptsNothing || over.allSatisfy({ input[$0] > 0 }) else {
        throw .shape("\(input) has no elements along the dimensions \(over)")
      }
      return (
        .reduce(function, dimensions: over, keepsDimensions: keepsDimensions),
        [input.reduced(over, keeps: keepsDimensions)]
      )
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      [
        try operands.required(0).reduced(over: dimensions, to: shapes[0]) { [function] line in
          function(line)
        }
      ]
    }
  }
}
