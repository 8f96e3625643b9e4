package import DBNTensors

extension Operation {
  /// Operands: input, weight or none. Divides by the root mean square of the last dimensions.
  public static func rmsNorm(shape: [Int], eps: Double) -> Operation {
    Operation(RMSNorm(shape: shape, eps: eps))
  }

  /// `torch.nn.functional.rms_norm`.
  package struct RMSNorm: GraphOperation {
    let shape: [Int]
    let eps: Double

    package static var names: [String] { ["rmsNorm"] }

    init(shape: [Int], eps: Double) {
      self.shape = shape
      self.eps = eps
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(shape: try reader.ints("shape"), eps: try reader.number("eps"))
    }

    package var attributes: [JSON.Member] {
      [.init("shape", .ints(shape)), .init("eps", .double(eps))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      guard !shape.isEmpty, input.suffix(shape.count) == shape[...],
        operands[1] == nil || operands[1] == shape
      else { throw .shape("an input \(input) cannot be normalised over \(shape)") }
      return (Operation(self), [input])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let count = shape.reduce(1, *)
      let normalised = try operands.required(0).dividedByRootMeanSquare(count, eps: eps)
      return [normalised.scaled(operands[1], nil)]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "rms_norm": { importer, call throws(CheckpointError) in
          try importer.rmsNorm(&call)
        },
        "_fused_rms_norm": { importer, call throws(CheckpointError) in
          try importer.rmsNorm(&call)
            + [.missing("uses a layer's statistics, which the graph does not have")]
        },
      ]
    }
  }
}

extension GraphImporter {
  fileprivate mutating func rmsNorm(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let shape = try call.ints("normalized_shape").orProgramError("`normalized_shape`")
    // PyTorch's default is the epsilon of the type it computes in, which is Float64 here.
    let operation = Operation.rmsNorm(
      shape: shape, eps: try call.number("eps", default: .ulpOfOne))
    let operands = [
      try operand(of: call.input()), try optionalOperand(call.optionalTensor("weight")),
    ]
    return try result(operation, operands, call)
  }
}
