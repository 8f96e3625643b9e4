import DBNCOneDNN
import DBNModels
import DBNTensors

/// All of these return nil if oneDNN does not cover the operation.
extension PlanBuilder {
  /// Adds a product of matrices that are both computed.
  mutating func addProduct(
    _ node: Graph.Node, _ left: PlannedValue, _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue? {
    guard let right = try operandOrCopy(1, of: node) else { return nil }
    return try addProduct(left, right, shape)
  }

  /// Adds an equation that multiplies two stacks of matrices.
  mutating func addEinsum(
    _ node: Graph.Node, _ einsum: Operation.Einsum, _ left: PlannedValue, _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue? {
    guard node.operands.count == 2, let right = try operand(1, of: node),
      let order = try einsum.product(of: [left.shape, right.shape])
    else { return nil }
    return try addProduct(left, right, isTransposed: order == .transposed, shape)
  }

  /// - Parameters:
  ///   - isTransposed: whether the second factor is [..., N, K] in memory.
  ///   - scale: multiplies the product.
  private mutating func addProduct(
    _ left: PlannedValue, _ right: PlannedValue, isTransposed: Bool = false, scale: Double? = nil,
    _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue? {
    guard let sizes = MatrixSizes(left.shape, right.shape, isTransposed: isTransposed) else {
      return nil
    }
    let first = try Layout(.plain, sizes.left)
    let second = try Layout(sizes.right, strides: sizes.rightStrides)
    let target = try Layout(.plain, sizes.product)
    let scaling = scale.map {
      PostOperation.eltwise(Eltwise(algorithm: conednn_eltwise_linear, alpha: Float($0)))
    }
    let kernel = try Kernel.product(
      first, second, target: target, scaling.map { [$0] } ?? [], processor)
    guard let kernel, !kernel.isReference else { return nil }
    let value = makeValue(target)
    try add(
      kernel,
      [
        .init(CONEDNN_ARG_SRC, first, .slot(try plain(left).slot)),
        .init(CONEDNN_ARG_WEIGHTS, second, .slot(try plain(right).slot)),
        .init(CONEDNN_ARG_DST, value),
      ])
    return PlannedValue(slot: value.slot, layout: try Layout(.plain, shape))
  }

  mutating func addSoftmax(
    _ input: PlannedValue, along dimension: Int
  ) throws(CheckpointError) -> PlannedValue? {
    let source = try plain(input)
    let kernel = try Kernel.softmax(source.layout, along: dimension, processor)
    guard let kernel, !kernel.isReference else { return nil }
    let isOurs = source.slot != input.slot || isLastUse(input)
    let target = isOurs ? source : makeValue(source.layout)
    try add(kernel, [.init(CONEDNN_ARG_SRC, source), .init(CONEDNN_ARG_DST, target)])
    return target
  }

  /// Adds an attention as two products with a softmax between them. A mask has to be added to the
  /// products.
  mutating func addAttention(
    _ node: Graph.Node, _ attention: Operation.Attention, _ query: PlannedValue, _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue? {
    guard !attention.isCausal, !attention.sharesHeads, !attention.hasBooleanMask,
      let key = try operand(1, of: node), let value = try operand(2, of: node),
      let depth = query.shape.last
    else { return nil }
    let mask = try operandOrCopy(3, of: node)
    if mask == nil, node.operands.count > 3, node.operands[3] != .none { return nil }
    let batch = query.shape.dropLast(2)
    guard key.shape.dropLast(2) == batch, value.shape.dropLast(2) == batch else { return nil }
    let scores = query.shape.dropLast() + [key.shape[key.shape.count - 2]]
    let scale = attention.scale ?? 1 / Double(depth).squareRoot()
    guard
      let products = try addProduct(query, key, isTransposed: true, scale: scale, Array(scores))
    else { return nil }
    var weights = products
    if let mask {
      let masked = try addCombination(conednn_binary_add, weights, mask, weights.shape, [])
      weights = try masked.orElse { () throws(CheckpointError) in
        try addReference(.add(scale: 1), [weights, mask], weights.shape)
      }
    }
    let last = scores.count - 1
    let shares = try addSoftmax(weights, along: last).orElse { () throws(CheckpointError) in
      try addReference(.softmax(dimension: last), [weights], weights.shape)
    }
    return try addProduct(shares, value, shape).orElse { () throws(CheckpointError) in
      try addReference(.matrixMultiply, [shares, value], shape)
    }
  }

  /// Adds the reference's kernel for a step of an operation that has several.
  private mutating func addReference(
    _ operation: Operation, _ operands: [PlannedValue], _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue {
    let values = try operands.map { value throws(CheckpointError) in
      Draft.ReferenceOperand.value(try plain(value))
    }
    let target = try makeValue(.plain, shape)
    add(.reference(operation, values, targets: [target]))
    return target
  }
}

extension Optional where Wrapped == PlannedValue {
  /// The value, or that of another way of computing it.
  fileprivate func orElse(
    _ other: () throws(CheckpointError) -> PlannedValue
  ) throws(CheckpointError) -> PlannedValue {
    if let self { self } else { try other() }
  }
}

/// The shapes of a product's operands as oneDNN takes them: with as many dimensions each, and few.
private struct MatrixSizes {
  let left: [Int]
  let right: [Int]
  let rightStrides: [Int]
  let product: [Int]

  /// - Parameters:
  ///   - left: [..., M, K]
  ///   - right: [..., K, N]; [..., N, K] in memory and here if it is transposed.
  init?(_ left: [Int], _ right: [Int], isTransposed: Bool) {
    let rank = max(left.count, right.count)
    guard min(left.count, right.count) >= 2, rank <= Int(CONEDNN_MAX_NDIMS) else { return nil }
    var batches = [left, right].map { shape in
      Array(repeating: 1, count: rank - shape.count) + shape.dropLast(2)
    }
    let inner = left[left.count - 1]
    var rows = left[left.count - 2]
    let columns = right[right.count - (isTransposed ? 2 : 1)]
    if batches[0] == batches[1] {
      batches = batches.map { [$0.reduce(1, *)] }
    } else if batches[1].allSatisfy({ $0 == 1 }) {
      // All rows are multiplied with the same matrix.
      rows *= batches[0].reduce(1, *)
      batches = [[], []]
    }
    self.left = batches[0] + [rows, inner]
    self.right = batches[1] + [inner, columns]
    product = zip(batches[0], batches[1]).map { max($0, $1) } + [rows, columns]
    var strides = (batches[1] + (isTransposed ? [columns, inner] : [inner, columns])).strides
    if isTransposed { strides.swapAt(strides.count - 1, strides.count - 2) }
    rightStrides = strides
  }
}
