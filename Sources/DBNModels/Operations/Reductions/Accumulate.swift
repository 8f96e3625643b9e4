package import DBNTensors

extension Operation {
  /// The sums or products of the elements along a dimension up to each, or the logarithms of the sums
  /// of their exponentials.
  public static func accumulate(_ function: Accumulation, dimension: Int) -> Operation {
    Operation(Accumulate(function: function, dimension: dimension))
  }

  /// What is accumulated.
  public enum Accumulation: String, Sendable, Hashable, CaseIterable {
    case sum, product, logSumExp
  }

  /// `torch.cumsum`, `torch.cumprod` and `torch.logcumsumexp`.
  package struct Accumulate: GraphOperation {
    let function: Accumulation
    let dimension: Int

    package static var names: [String] { ["accumulate"] }

    init(function: Accumulation, dimension: Int) {
      self.function = function
      self.dimension = dimension
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      guard let function = Accumulation(rawValue: try reader.text("function")) else {
        throw reader.invalid("function")
      }
      self.init(function: function, dimension: try reader.int("dimension"))
    }

    package var attributes: [JSON.Member] {
      [.init("function", .string(function.rawValue)), .init("dimension", .int(dimension))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      return (.accumulate(function, dimension: try input.dimension(dimension)), [input])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let input = try operands.required(0)
      let size = input.shape[dimension]
      let inner = input.shape.dropFirst(dimension + 1).reduce(1, *)
      return [
        input.alongLines(size, inner) { line in
          for index in 0..<size - 1 {
            line[index + 1] = function(line[index], line[index + 1])
          }
        }
      ]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "cumsum": handler(of: .sum), "cumprod": handler(of: .product),
        "logcumsumexp": handler(of: .logSumExp),
      ]
    }

    private static func handler(of function: Accumulation) -> GraphImporter.Handler {
      { importer, call throws(CheckpointError) in
        call.ignore("dtype")
        return try importer.result(
          .accumulate(function, dimension: call.int("dim")), of: call.tensor(), call)
      }
    }
  }
}

extension Operation.Accumulation {
  fileprivate func callAsFunction(_ before: Double, _ element: Double) -> Double {
    switch self {
    case .sum: before + element
    case .product: before * element
    case .logSumExp: BinaryFunction.logarithmOfSum(before, element)
    }
  }
}
