package import DBNTensors

extension Operation {
  /// Operands: tensors, whose products are summed as the equation says.
  public static func einsum(_ equation: String) -> Operation { Operation(Einsum(equation)) }

  /// `torch.einsum`.
  package struct Einsum: GraphOperation {
    let equation: String

    package static var names: [String] { ["einsum"] }

    init(_ equation: String) {
      self.equation = equation
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      equation = try reader.text("equation")
    }

    package var attributes: [JSON.Member] { [.init("equation", .string(equation))] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      (Operation(self), [try EinsumEquation(equation, operands.all()).shape])
    }

    /// How the second operand's matrices lie if this multiplies those of two stacks; nil if it does
    /// something else.
    package func product(of shapes: [[Int]]) throws(CheckpointError) -> MatrixOrder? {
      try EinsumEquation(equation, shapes).product(of: shapes)
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let equation = try EinsumEquation(equation, operands.given.map(\.shape))
      return [try equation.result(of: operands.given)]
    }
  }
}

/// How the matrices of a product's second factor lie in memory.
package enum MatrixOrder {
  /// [K, N]
  case plain
  /// [N, K]
  case transposed
}
