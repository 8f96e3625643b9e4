import DBNCOneDNN
import DBNModels
import DBNTensors

/// All of these return nil if oneDNN does not cover the operation.
extension PlanBuilder {
  /// Adds a sum, product or quotient, of which an operand is computed, with its epilogue.
  mutating func addArithmetic(
    _ unit: Unit, _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue? {
    let node = unit.primary
    guard !node.values.isEmpty, let input = try operandOrCopy(0, of: node) else { return nil }
    if let eltwise = Eltwise(scaling: node.operation) {
      return try add(unit.epilogue, to: add([eltwise], to: input))
    }
    guard let other = try operandOrCopy(1, of: node),
      input.shape == shape || other.shape == shape
    else { return nil }
    switch node.operation.definition {
    case let sum as Operation.Add where sum.scale == 1:
      return try addCombination(conednn_binary_add, input, other, shape, unit.epilogue)
    case is Operation.Multiply:
      return try addCombination(conednn_binary_mul, input, other, shape, unit.epilogue)
    case is Operation.Divide where input.shape == shape:
      return try addCombination(conednn_binary_div, input, other, shape, unit.epilogue)
    case let sum as Operation.Add:
      // A copy is scaled, because other kernels may still need the value.
      let addend = try reshaped(other, to: other.shape.isEmpty ? [1] : other.shape)
      let scaled = try add(
        [Eltwise(algorithm: conednn_eltwise_linear, alpha: Float(sum.scale))],
        to: copied(addend, to: addend.layout), isFresh: true)
      return try addCombination(conednn_binary_add, input, scaled, shape, unit.epilogue)
    default: return nil
    }
  }

  /// Combines two values, of which one has the output's shape, and the other may be broadcast to
  /// it.
  mutating func addCombination(
    _ algorithm: conednn_alg_kind_t, _ left: PlannedValue, _ right: PlannedValue, _ shape: [Int],
    _ epilogue: [Epilogue]
  ) throws(CheckpointError) -> PlannedValue? {
    let (first, second) = left.shape == shape ? (left, right) : (right, left)
    let functions = epilogue.prefix { !$0.eltwises.isEmpty }
    // In plain layout, if there are no kernels for such an operand in the first value's own.
    for layout in [first.layout, try Layout(.plain, shape)]
    where functions.isEmpty || layout.allowsPostOperations {
      let ones = Array(repeating: 1, count: shape.count - second.shape.count)
      let operand = try layout.broadcast(from: ones + second.shape)
      let kernel = try Kernel.binary(
        algorithm, layout, operand, target: layout,
        functions.flatMap(\.eltwises).map { .eltwise($0) }, processor)
      guard let kernel, !kernel.isReference else { continue }
      let result = try addBinary(kernel, first, layout, second, operand)
      return try add(Array(epilogue.dropFirst(functions.count)), to: result)
    }
    return try addRepeated(algorithm, first, second, shape, epilogue)
  }

  /// Combines a value with one that is the same for all indices of the first dimensions, as a matrix
  /// with a row: oneDNN has kernels for that with two dimensions alone.
  private mutating func addRepeated(
    _ algorithm: conednn_alg_kind_t, _ first: PlannedValue, _ second: PlannedValue,
    _ shape: [Int], _ epilogue: [Epilogue]
  ) throws(CheckpointError) -> PlannedValue? {
    let row = second.shape.drop { $0 == 1 }
    let count = row.reduce(1, *)
    let matrix = [shape.reduce(1, *) / count, count]
    guard shape.suffix(row.count) == row, shape != matrix else { return nil }
    let (rows, repeated) = (try reshaped(first, to: matrix), try reshaped(second, to: [1, count]))
    let sum = try addCombination(algorithm, rows, repeated, matrix, [])
    return try sum.map { sum throws(CheckpointError) in
      try add(epilogue, to: reshaped(sum, to: shape))
    }
  }

  /// - Parameters:
  ///   - layout: the layout in which the kernel reads the first value, and writes the result.
  ///   - operand: the one in which it reads the second.
  private mutating func addBinary(
    _ kernel: Kernel, _ first: PlannedValue, _ layout: Layout, _ second: PlannedValue,
    _ operand: Layout
  ) throws(CheckpointError) -> PlannedValue {
    let source = try reordered(first, to: layout)
    let other = try reordered(reshaped(second, to: operand.shape), to: operand)
    let isOurs = source.slot != first.slot || isLastUse(first) && first.slot != second.slot
    let target = target(overwriting: source, isOurs: isOurs)
    try add(
      kernel,
      [
        .init(CONEDNN_ARG_SRC_0, source), .init(CONEDNN_ARG_SRC_1, other),
        .init(CONEDNN_ARG_DST, target),
      ])
    return target
  }

  mutating func addConcatenation(
    _ node: Graph.Node, _ dimension: Int, _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue? {
    let sources = try node.operands.indices.map { index throws(CheckpointError) in
      try operand(index, of: node)
    }.compactMap(\.self)
    guard sources.count == node.operands.count,
      sources.allSatisfy({ $0.shape.count == shape.count })
    else { return nil }
    // Its reference implementation is fast too: it copies by reorders. The layout that oneDNN chooses
    // may have samples inside channels, which other kernels get wrong.
    let layout = try Layout(kind(ofJoined: sources, along: dimension), shape)
    let kernel = try Kernel.concatenation(
      sources.map(\.layout), along: dimension, target: layout, processor)
    guard let kernel else { return nil }
    let target = makeValue(layout)
    let arguments = sources.enumerated().map { index, value in
      Draft.Argument(CONEDNN_ARG_MULTIPLE_SRC + Int32(index), value)
    }
    try add(kernel, arguments + [.init(CONEDNN_ARG_DST, target)])
    return target
  }

  /// In blocks, if a source is, and those of all are whole.
  private func kind(ofJoined sources: [PlannedValue], along dimension: Int) -> Layout.Kind {
    let kinds = sources.compactMap(\.layout.kind)
    return kinds.first { kind in
      guard case .blocked(let size) = kind else { return false }
      return dimension != 1 || sources.allSatisfy { $0.shape[1] % size == 0 }
    } ?? .plain
  }
}

extension Operation {
  /// Whether it is a sum, product or quotient.
  var isArithmetic: Bool {
    switch definition {
    case is AddScalar, is MultiplyScalar, is Add, is Multiply, is Divide: true
    default: false
    }
  }
}
