package import DBNTensors

extension Operation {
  /// Operands: input, weight or none, bias or none. Normalises over the last dimensions.
  public static func layerNorm(shape: [Int], eps: Double) -> Operation {
    Operation(LayerNorm(shape: shape, eps: eps))
  }

  /// `torch.nn.functional.layer_norm`.
  package struct LayerNorm: GraphOperation {
    package let shape: [Int]
    package let eps: Double

    package static var names: [String] { ["layerNorm"] }

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
        [operands[1], operands[2]].allSatisfy({ $0 == nil || $0 == shape })
      else { throw .shape("an input \(input) cannot be normalised over \(shape)") }
      return (Operation(self), [input])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let normalised = try operands.required(0).standardised(shape.reduce(1, *), eps: eps)
      return [normalised.scaled(operands[1], operands[2])]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      let statistics = "uses a layer's statistics, which the graph does not have"
      return [
        "layer_norm": { importer, call throws(CheckpointError) in
          call.ignore("cudnn_enable")
          return try importer.layerNorm(&call)
        },
        "native_layer_norm": { importer, call throws(CheckpointError) in
          try importer.layerNorm(&call) + [.missing(statistics), .missing(statistics)]
        },
      ]
    }
  }
}

extension GraphImporter {
  fileprivate mutating func layerNorm(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let shape = try call.ints("normalized_shape").orProgramError("`normalized_shape`")
    let operation = Operation.layerNorm(shape: shape, eps: try call.number("eps", default: 1e-5))
    let operands = [
      try operand(of: call.tensor("input")), try optionalOperand(call.optionalTensor("weight")),
      try optionalOperand(call.optionalTensor("bias")),
    ]
    return try result(operation, operands, call)
  }
}
