import DBNCOneDNN
import DBNModels
import DBNTensors

/// All of these return nil if oneDNN does not cover the operation.
extension PlanBuilder {
  mutating func addArithmetic(
    _ node: Graph.Node, _ input: PlannedValue, _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue? {
    if let eltwise = Eltwise(scaling: node.operation) { return try add([eltwise], to: input) }
    // Decided before anything is planned: a value scaled in place can't be used by another
    // kernel.
    guard let other = try operand(1, of: node), !shape.isEmpty,
      input.shape.count == other.shape.count, input.shape == shape || other.shape == shape
    else { return nil }
    switch node.operation.definition {
    case let sum as Operation.Add where sum.scale == 1:
      return try addCombination(conednn_binary_add, input, other, shape)
    case is Operation.Multiply: return try addCombination(conednn_binary_mul, input, other, shape)
    case is Operation.Divide where input.shape == shape:
      return try addCombination(conednn_binary_div, input, other, shape)
    case let sum as Operation.Add:
      let scaled = try add(
        [Eltwise(algorithm: conednn_eltwise_linear, alpha: Float(sum.scale))], to: other)
      return try addCombination(conednn_binary_add, input, scaled, shape)
    default: return nil
    }
  }

  /// Combines two values, of which one has the output's shape, and the other may be broadcast to
  /// it.
  private mutating func addCombination(
    _ algorithm: conednn_alg_kind_t, _ left: PlannedValue, _ right: PlannedValue, _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue? {
    let (first, second) = left.shape == shape ? (left, right) : (right, left)
    let isOurs = isLastUse(first) && first.slot != second.slot
    if second.shape == shape {
      let operand = try reordered(second, to: first.layout)
      return try addBinary(algorithm, first, operand, to: shape, isFresh: isOurs)
    }
    let isOfChannels =
      second.shape[0] == shape[0] && second.shape.dropFirst(2).allSatisfy { $0 == 1 }
    if isOfChannels, second.shape[1] == shape[1] {
      return try addPerSample(algorithm, first, second, isFresh: isOurs)
    }
    return try addBinary(algorithm, first, plain(second), to: shape, isFresh: isOurs)
  }

  /// - Parameter isFresh: whether nothing else uses the first value.
  mutating func addBinary(
    _ algorithm: conednn_alg_kind_t, _ first: PlannedValue, _ second: PlannedValue,
    to shape: [Int], isFresh: Bool
  ) throws(CheckpointError) -> PlannedValue {
    let kernel = try Kernel.binary(
      algorithm, first.layout, second.layout, target: first.layout, [], processor)
    guard let kernel else {
      throw CheckpointError(
        .engineFailed, "oneDNN cannot combine \(first.shape) and \(second.shape)")
    }
    let target = isFresh ? first : makeValue(first.layout)
    try add(
      kernel,
      [
        .init(CONEDNN_ARG_SRC_0, first), .init(CONEDNN_ARG_SRC_1, second),
        .init(CONEDNN_ARG_DST, target),
      ])
    return target
  }

  /// Combines [N, C, ...] with [N, C, 1, ...], sample by sample: oneDNN's kernels broadcast over
  /// the positions only if the operand is the same for all samples.
  private mutating func addPerSample(
    _ algorithm: conednn_alg_kind_t, _ first: PlannedValue, _ second: PlannedValue, isFresh: Bool
  ) throws(CheckpointError) -> PlannedValue? {
    let numbers = try plain(second)
    let source = first.layout.kind == nil ? try plain(first) : first
    let samples = source.shape[0]
    let layout = try Layout(source.layout.kind ?? .plain, [1] + source.shape[1...])
    let one = try Layout(.plain, [1] + second.shape[1...])
    guard let kernel = try Kernel.binary(algorithm, layout, one, target: layout, [], processor)
    else { return nil }
    let target = isFresh || source.slot != first.slot ? source : makeValue(source.layout)
    let strides = (source.layout.byteCount / samples, numbers.layout.byteCount / samples)
    for sample in 0..<samples {
      try add(
        kernel,
        [
          .init(CONEDNN_ARG_SRC_0, layout, .slot(source.slot, offset: sample * strides.0)),
          .init(CONEDNN_ARG_SRC_1, one, .slot(numbers.slot, offset: sample * strides.1)),
          .init(CONEDNN_ARG_DST, layout, .slot(target.slot, offset: sample * strides.0)),
        ])
    }
    return target
  }

  mutating func addConcatenation(
    _ node: Graph.Node, _ dimension: Int, _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue? {
    var sources = try node.operands.indices.map { index throws(CheckpointError) in
      try operand(index, of: node)
    }.compactMap(\.self)
    guard sources.count == node.operands.count,
      sources.allSatisfy({ $0.shape.count == shape.count })
    else { return nil }
    var kernel = try Kernel.concatenation(
      sources.map(\.layout), along: dimension, target: try Layout(.any, shape), processor)
    if kernel?.isReference ?? true {
      for index in sources.indices { sources[index] = try plain(sources[index]) }
      kernel = try Kernel.concatenation(
        sources.map(\.layout), along: dimension, target: try Layout(.plain, shape), processor)
    }
    guard let kernel else { return nil }
    let target = makeValue(try kernel.layout(.target, shape))
    let arguments = sources.enumerated().map { index, value in
      Draft.Argument(CONEDNN_ARG_MULTIPLE_SRC + Int32(index), value)
    }
    try add(kernel, arguments + [.init(CONEDNN_ARG_DST, target)])
    return target
  }
}
