import DBNCOneDNN
import DBNModels
import DBNTensors

extension PlanBuilder {
  /// Adds the steps of a unit.
  ///
  /// - Returns: the values of its outputs.
  mutating func add(_ unit: Unit) throws(CheckpointError) -> [PlannedValue] {
    let node = unit.primary
    let shapes = node.outputs.compactMap { sized.shapes[$0] }
    let sizes = try node.values.map { name throws(CheckpointError) in try value(name).shape }
    // oneDNN's kernels need a number, and a dimension.
    guard (shapes + sizes).allSatisfy({ !$0.contains(0) }), let shape = shapes.first,
      !shape.isEmpty
    else { return try addReference(node) }
    if let value = try addPrimary(unit, shape) { return [value] }
    if let values = try addArranging(node) { return values }
    let values = try addReference(node)
    if unit.epilogue.isEmpty { return values }
    return [try add(unit.epilogue, to: values[0])]
  }

  /// - Returns: nil if oneDNN does not cover the operation.
  private mutating func addPrimary(
    _ unit: Unit, _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue? {
    let node = unit.primary
    if node.operation.isArithmetic { return try addArithmetic(unit, shape) }
    guard let input = try operand(0, of: node) else { return nil }
    switch node.operation.definition {
    case let attributes as Operation.Convolution:
      return try addConvolution(unit, attributes, input, shape)
    case let operation as Operation.TransposedConvolution:
      return try addTransposedConvolution(unit, operation, input, shape)
    case is Operation.Linear: return try addLinear(unit, input, shape)
    case let attributes as Operation.BatchNormAttributes:
      return try addBatchNorm(attributes, input, unit.epilogue)
    case let function as Activation:
      guard let eltwises = function.eltwises else { return nil }
      return try add(eltwises, to: input)
    case let pool as Operation.MaxPool:
      return try addPool(conednn_pooling_max, pool.pooling, input, shape)
    case let pool as Operation.AveragePool:
      return try addAveragePool(pool.pooling, input, shape)
    case let pool as Operation.AdaptiveAveragePool:
      return try addAdaptivePool(pool.output, input, shape)
    case is Operation.MatrixMultiply: return try addProduct(node, input, shape)
    case let einsum as Operation.Einsum: return try addEinsum(node, einsum, input, shape)
    case let softmax as Operation.Softmax:
      return try addSoftmax(input, along: softmax.dimension)
    case let norm as Operation.LayerNorm: return try addLayerNorm(node, norm, input)
    case let attention as Operation.Attention:
      return try addAttention(node, attention, input, shape)
    case let mean as Operation.Mean: return try addMean(mean.dimensions, input, shape)
    case let join as Operation.Concatenate:
      return try addConcatenation(node, join.dimension, shape)
    case is Operation.Identity: return input
    case is Operation.Flatten, is Operation.Reshape, is Operation.Squeeze,
      is Operation.Unsqueeze:
      return try reshaped(input, to: shape)
    default: return nil
    }
  }

  /// Adds the reference's kernel, in Float64.
  mutating func addReference(_ node: Graph.Node) throws(CheckpointError) -> [PlannedValue] {
    if let attributes = node.operation.batchNorm, let input = try operand(0, of: node) {
      return [try addBatchNormModule(attributes, input)]
    }
    var operands: [Draft.ReferenceOperand] = []
    for (index, given) in node.operands.enumerated() {
      switch given {
      case .parameter(let key): operands.append(.parameter(try weights.array(key)))
      case .none: operands.append(.none)
      case .value:
        if let value = try operand(index, of: node) { operands.append(.value(try plain(value))) }
      }
    }
    var targets: [PlannedValue] = []
    for name in node.outputs {
      targets.append(try makeValue(.plain, sized.shapes[name] ?? []))
    }
    add(.reference(node.operation, operands, targets: targets))
    return targets
  }
}
