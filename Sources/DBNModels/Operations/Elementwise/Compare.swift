package import DBNTensors

extension Operation {
  /// Operands: two tensors, broadcast. The result is 1 where the comparison holds, else 0.
  public static func compare(_ comparison: Comparison) -> Operation {
    Operation(Compare(comparison: comparison))
  }

  /// How two numbers are compared.
  public enum Comparison: String, Sendable, Hashable, CaseIterable {
    /// `==`
    case equal
    /// `!=`
    case notEqual
    /// `<`
    case less
    /// `<=`
    case lessOrEqual
    /// `>`
    case greater
    /// `>=`
    case greaterOrEqual
  }

  /// `torch.eq` and its relatives, of two tensors.
  package struct Compare: GraphOperation {
    let comparison: Comparison

    package static var names: [String] { ["compare"] }

    init(comparison: Comparison) {
      self.comparison = comparison
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      comparison = try Comparison(reader)
    }

    package var attributes: [JSON.Member] { [.init("comparison", .string(comparison.rawValue))] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      (Operation(self), [try operands.broadcast()])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let (first, second) = (try operands.required(0), try operands.required(1))
      return [first.combined(with: second, to: shapes[0]) { comparison($0, $1) }]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      let comparisons: [String: Comparison] = [
        "eq": .equal, "ne": .notEqual, "lt": .less, "le": .lessOrEqual, "gt": .greater,
        "ge": .greaterOrEqual,
      ]
      return comparisons.mapValues(handler)
    }

    private static func handler(of comparison: Comparison) -> GraphImporter.Handler {
      { importer, call throws(CheckpointError) in
        try importer.pair(&call, .compare(comparison)) { .compareScalar(comparison, $0) }
      }
    }
  }
}

extension Operation.Comparison {
  init(_ reader: GraphReader) throws(CheckpointError) {
    guard let comparison = Self(rawValue: try reader.text("comparison")) else {
      throw reader.invalid("comparison")
    }
    self = comparison
  }

  /// 1 if the comparison holds, else 0.
  func callAsFunction(_ left: Double, _ right: Double) -> Double {
    let holds =
      switch self {
      case .equal: left == right
      case .notEqual: left != right
      case .less: left < right
      case .lessOrEqual: left <= right
      case .greater: left > right
      case .greaterOrEqual: left >= right
      }
    return holds ? 1 : 0
  }
}
