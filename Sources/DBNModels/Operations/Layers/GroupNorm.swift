package import DBNTensors

extension Operation {
  /// Operands: input [N, C, ...], weight [C] or none, bias [C] or none. Normalises each sample's
  /// groups of channels; an instance norm has a group for each channel.
  public static func groupNorm(groups: Int, eps: Double) -> Operation {
    Operation(GroupNorm(groups: groups, eps: eps))
  }

  /// `torch.nn.functional.group_norm`.
  package struct GroupNorm: GraphOperation {
    let groups: Int
    let eps: Double

    package static var names: [String] { ["groupNorm"] }

    init(groups: Int, eps: Double) {
      self.groups = groups
      self.eps = eps
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(groups: try reader.int("groups"), eps: try reader.number("eps"))
    }

    package var attributes: [JSON.Member] {
      [.init("groups", .int(groups)), .init("eps", .double(eps))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      guard input.count >= 2, groups > 0, input[1] % groups == 0,
        [operands[1], operands[2]].allSatisfy({ $0 == nil || $0 == [input[1]] })
      else { throw .shape("an input \(input) cannot be normalised in \(groups) groups") }
      return (Operation(self), [input])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let input = try operands.required(0)
      let shape = input.shape
      let count = shape[1] / groups * shape[2...].reduce(1, *)
      let channels = [shape[1]] + shape[2...].map { _ in 1 }
      return [
        input.standardised(count, eps: eps).scaled(
          operands[1]?.reshaped(to: channels), operands[2]?.reshaped(to: channels))
      ]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      let statistics = "uses a layer's statistics, which the graph does not have"
      return [
        "group_norm": { importer, call throws(CheckpointError) in
          call.ignore("cudnn_enabled")
          return try importer.groupNorm(&call, groups: call.int("num_groups"))
        },
        "native_group_norm": { importer, call throws(CheckpointError) in
          call.ignore("N", "C", "HxW")
          return try importer.groupNorm(&call, groups: call.int("group"))
            + [.missing(statistics), .missing(statistics)]
        },
        "instance_norm": { importer, call throws(CheckpointError) in
          try importer.instanceNorm(&call)
        },
      ]
    }
  }
}

extension GraphImporter {
  fileprivate mutating func groupNorm(
    _ call: inout ProgramCall, groups: Int
  ) throws(CheckpointError) -> [Result] {
    let operation = Operation.groupNorm(groups: groups, eps: try call.number("eps", default: 1e-5))
    let operands = [
      try operand(of: call.input()), try optionalOperand(call.optionalTensor("weight")),
      try optionalOperand(call.optionalTensor("bias")),
    ]
    return try result(operation, operands, call)
  }

  /// An instance norm uses its input's statistics, unless it was exported with running statistics
  /// and in evaluation.
  fileprivate mutating func instanceNorm(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    call.ignore("cudnn_enabled", "momentum")
    let (mean, variance) = (
      try call.optionalTensor("running_mean"), try call.optionalTensor("running_var")
    )
    guard try !call.bool("use_input_stats", default: true), let mean, let variance else {
      if mean != nil {
        note(
          "the running statistics of an InstanceNorm, which training would update, keep their values"
        )
      }
      let shape = try meta(call.input()).shape
      guard shape.count >= 2, let channels = shape[1] else {
        throw .program("the number of channels of an instance norm is missing")
      }
      return try groupNorm(&call, groups: channels)
    }
    return try normalised(&call, mean, variance)
  }

  /// `(input - mean) / sqrt(variance + eps) * weight + bias`, by channel.
  private mutating func normalised(
    _ call: inout ProgramCall, _ mean: String, _ variance: String
  ) throws(CheckpointError) -> [Result] {
    let (input, name) = (try call.input(), Self.name(of: call))
    let channels = [Size.inferred] + (2..<max(2, try meta(input).rank)).map { _ in 1 }
    func byChannel(_ tensor: String, _ role: String) throws(CheckpointError) -> Graph.Operand {
      try single(.reshape(channels), [operand(of: tensor)], "\(name).\(role)")
    }
    let raised = try single(
      .addScalar(call.number("eps", default: 1e-5)), [byChannel(variance, "variance")],
      "\(name).raised")
    let deviation = try single(.activation(.squareRoot), [raised], "\(name).deviation")
    let centered = try single(
      .add(scale: -1), [operand(of: input), byChannel(mean, "mean")], "\(name).centered")
    var output = try single(.divide, [centered, deviation], name)
    if let weight = try call.optionalTensor("weight") {
      output = try single(.multiply, [output, byChannel(weight, "weight")], "\(name).scaled")
    }
    if let bias = try call.optionalTensor("bias") {
      output = try single(.add(scale: 1), [output, byChannel(bias, "bias")], "\(name).shifted")
    }
    return [.new(output)]
  }
}
