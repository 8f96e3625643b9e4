import DBNTensors

/// Operations with weights.
extension GraphImporter {
  static let layerHandlers: [String: Handler] = [
    "conv1d": { importer, call throws(CheckpointError) in try importer.convolution(&call) },
    "conv2d": { importer, call throws(CheckpointError) in try importer.convolution(&call) },
    "conv3d": { importer, call throws(CheckpointError) in try importer.convolution(&call) },
    "convolution": { importer, call throws(CheckpointError) in try importer.convolution(&call) },
    "_convolution": { importer, call throws(CheckpointError) in try importer.convolution(&call) },
    "batch_norm": { importer, call throws(CheckpointError) in try importer.batchNorm(&call) },
    "native_batch_norm": { importer, call throws(CheckpointError) in
      try importer.batchNorm(&call)
    },
    "_native_batch_norm_legit": { importer, call throws(CheckpointError) in
      try importer.batchNorm(&call)
    },
    "_native_batch_norm_legit_functional": { importer, call throws(CheckpointError) in
      try importer.batchNorm(&call)
    },
    "_native_batch_norm_legit_no_training": { importer, call throws(CheckpointError) in
      try importer.batchNorm(&call)
    },
    "_batch_norm_with_update": { importer, call throws(CheckpointError) in
      try importer.batchNorm(&call)
    },
    "_batch_norm_with_update_functional": { importer, call throws(CheckpointError) in
      try importer.batchNorm(&call)
    },
    "_batch_norm_no_update": { importer, call throws(CheckpointError) in
      try importer.batchNorm(&call)
    },
    "linear": { importer, call throws(CheckpointError) in
      let operands = [
        try importer.operand(of: call.tensor("input")),
        try importer.operand(of: call.tensor("weight")),
        try importer.optionalOperand(call.optionalTensor("bias")),
      ]
      return try importer.result(.linear, operands, call)
    },
    "addmm": { importer, call throws(CheckpointError) in try importer.addedProduct(&call) },
    "mm": { importer, call throws(CheckpointError) in
      try importer.product(call.tensor("self"), call.tensor("mat2"), call)
    },
    "bmm": { importer, call throws(CheckpointError) in
      try importer.product(call.tensor("self"), call.tensor("mat2"), call)
    },
    "matmul": { importer, call throws(CheckpointError) in
      let (left, right) = (try call.tensor(), try call.tensor("other"))
      guard try importer.meta(left).rank >= 2, try importer.meta(right).rank >= 2 else {
        throw call.unsupported("a product with a vector")
      }
      return try importer.product(left, right, call)
    },
    "layer_norm": { importer, call throws(CheckpointError) in
      call.ignore("cudnn_enable")
      return try importer.layerNorm(&call)
    },
    "native_layer_norm": { importer, call throws(CheckpointError) in
      try importer.layerNorm(&call) + [.missing(Self.statistics), .missing(Self.statistics)]
    },
  ]

  private static let statistics = "uses a layer's statistics, which the graph does not have"

  private mutating func convolution(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let (input, weight) = (try call.tensor("input"), try call.tensor("weight"))
    let bias = try call.optionalTensor("bias")
    let kernel = try meta(weight).shape.dropFirst(2).map { size throws(CheckpointError) in
      try size.orProgramError("a size of the weight")
    }
    call.ignore("benchmark", "deterministic", "cudnn_enabled", "allow_tf32")
    guard try !call.bool("transposed", default: false) else {
      throw call.unsupported("a transposed convolution")
    }
    call.ignore("output_padding")
    var attributes = Operation.Convolution(
      stride: try call.ints("stride", count: kernel.count, default: 1), padding: [],
      dilation: try call.ints("dilation", count: kernel.count, default: 1),
      groups: try call.int("groups", default: 1))
    var operand = try operand(of: input)
    if call.node.target.hasSuffix(".padding") {
      let (before, after) = try padding(&call, kernel, attributes.dilation)
      attributes.padding = before
      if before != after {
        // Where one more is needed, it is put behind.
        let more = zip(after, before).map { Size.fixed($0 - $1) }
        operand = try single(
          .pad(before: more.map { _ in 0 }, after: more, value: 0), [operand],
          Self.name(of: call) + ".padding")
      }
    } else {
      attributes.padding = try call.ints("padding", count: kernel.count, default: 0)
    }
    return try result(
      .convolution(attributes), [operand, self.operand(of: weight), optionalOperand(bias)], call)
  }

  /// `same` and `valid`. Source: `_convolution_same` of `aten/src/ATen/native/Convolution.cpp`.
  private func padding(
    _ call: inout ProgramCall, _ kernel: [Int], _ dilation: [Int]
  ) throws(CheckpointError) -> (before: [Int], after: [Int]) {
    switch try call.text("padding", default: "valid") {
    case "valid": return (kernel.map { _ in 0 }, kernel.map { _ in 0 })
    case "same":
      let totals = try zip(kernel, dilation).map { pair throws(CheckpointError) in
        let total = pair.1.multipliedReportingOverflow(by: max(pair.0 - 1, 0))
        guard !total.overflow, total.partialValue >= 0 else { throw .program("a dilation") }
        return total.partialValue
      }
      return (totals.map { $0 / 2 }, totals.map { $0 - $0 / 2 })
    case let other: throw call.unsupported("the padding '\(other.visible())'")
    }
  }

  private mutating func layerNorm(
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

  private mutating func product(
    _ left: String, _ right: String, _ call: ProgramCall
  ) throws(CheckpointError) -> [Result] {
    try result(.matrixMultiply, [operand(of: left), operand(of: right)], call)
  }

  /// `beta * self + alpha * (mat1 @ mat2)`, which is what a linear layer is decomposed to.
  private mutating func addedProduct(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let (bias, left, right) = (
      try call.tensor(), try call.tensor("mat1"), try call.tensor("mat2")
    )
    let (beta, alpha) = (
      try call.number("beta", default: 1), try call.number("alpha", default: 1)
    )
    let name = Self.name(of: call)
    if beta == 1, alpha == 1, try meta(bias).rank == 1,
      let weight = transposedParameter(try operand(of: right))
    {
      return try result(.linear, [operand(of: left), weight, operand(of: bias)], call)
    }
    let product = try single(
      .matrixMultiply, [operand(of: left), operand(of: right)], "\(name).product")
    var addend = try operand(of: bias)
    if beta != 1 { addend = try single(.multiplyScalar(beta), [addend], "\(name).addend") }
    return try result(.add(scale: alpha), [addend, product], call)
  }

  /// The parameter that a value is the transposed matrix of.
  private func transposedParameter(_ operand: Graph.Operand) -> Graph.Operand? {
    guard case .value(let name) = operand,
      let node = nodes.last(where: { $0.outputs == [name] }),
      node.operation == .permute([1, 0]), case .parameter? = node.operands.first
    else { return nil }
    return node.operands[0]
  }
}
