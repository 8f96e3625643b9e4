package import DBNTensors

extension Operation {
  /// Operands: input [..., I], weight [O, I], bias [O] or none.
  public static let linear = Operation(Linear())

  /// `torch.nn.functional.linear`.
  package struct Linear: GraphOperation {
    package static var names: [String] { ["linear"] }

    package init(_ reader: GraphReader) throws(CheckpointError) {}

    init() {}

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let (left, right) = (try operands.required(0), try operands.required(1))
      guard let size = left.last, right.count == 2, right[1] == size,
        operands[2].map({ $0 == [right[0]] }) ?? true
      else {
        throw .shape(
          "an input \(left) cannot be multiplied with a weight \(right)"
            + (operands[2].map { " and a bias \($0)" } ?? ""))
      }
      return (Operation(self), [left.dropLast() + [right[0]]])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let (input, weight) = (try operands.required(0), try operands.required(1))
      return [try input.linear(weight, operands[2], to: shapes[0])]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "linear": { importer, call throws(CheckpointError) in
          let operands = [
            try importer.operand(of: call.tensor("input")),
            try importer.operand(of: call.tensor("weight")),
            try importer.optionalOperand(call.optionalTensor("bias")),
          ]
          return try importer.result(.linear, operands, call)
        },
        "addmm": { importer, call throws(CheckpointError) in try importer.addedProduct(&call) },
      ]
    }
  }
}

extension GraphImporter {
  /// Reads `beta * self + alpha * (mat1 @ mat2)`, which linear layers are decomposed into.
  fileprivate mutating func addedProduct(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let (bias, left, right) = (
      try call.tensor(), try call.tensor("mat1"), try call.tensor("mat2")
    )
    let (beta, alpha) = (
      try call.number("beta", default: 1), try call.number("alpha", default: 1)
    )
    if beta == 1, alpha == 1, try meta(bias).rank == 1,
      let weight = transposedParameter(try operand(of: right))
    {
      return try result(.linear, [operand(of: left), weight, operand(of: bias)], call)
    }
    let product = try single(
      .matrixMultiply, [operand(of: left), operand(of: right)],
      "\(Self.name(of: call)).product")
    return try added(product, &call)
  }

  /// The parameter whose transpose the operand is; nil if it is none.
  private func transposedParameter(_ operand: Graph.Operand) -> Graph.Operand? {
    guard case .value(let name) = operand,
      let node = nodes.last(where: { $0.outputs == [name] }),
      node.operation == .permute([1, 0]), case .parameter? = node.operands.first
    else { return nil }
    return node.operands[0]
  }
}
