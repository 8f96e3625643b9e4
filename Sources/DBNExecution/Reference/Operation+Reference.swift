import DBNModels
import DBNTensors

extension Operation {
  /// What the operation makes of its operands, by the reference: every operation but BatchNorm,
  /// whose module has a state.
  ///
  /// - Parameter operands: those of the node; nil where one is left out.
  /// - Throws: `shapeMismatch`, `missingOperand`; `unsupportedOperation` for BatchNorm.
  func outputs(of operands: [DenseArray?]) throws(CheckpointError) -> [DenseArray] {
    let (operation, shapes) = try sized(for: operands.map { $0?.shape })
    let given = operands.compactMap(\.self)
    switch operation {
    case .convolution, .linear, .matrixMultiply:
      return [try operation.product(of: given, operands.count > 2 ? operands[2] : nil, shapes[0])]
    case .add, .multiply, .divide, .maximum, .minimum, .compare, .choose:
      return [operation.combination(of: given, shapes[0])]
    case .maxPool, .averagePool, .adaptiveAveragePool:
      return [try operation.pooled(given[0], shapes[0])]
    case .layerNorm(let shape, let eps):
      return [
        given[0].layerNormalised(
          shape.reduce(1, *), eps: eps, weight: operands.count > 1 ? operands[1] : nil,
          bias: operands.count > 2 ? operands[2] : nil)
      ]
    case .mean(let dimensions, _): return [given[0].averaged(over: dimensions, to: shapes[0])]
    case .sum(let dimensions, _): return [given[0].summed(over: dimensions, to: shapes[0])]
    case .softmax(let dimension): return [given[0].softmax(along: dimension, logarithm: false)]
    case .logSoftmax(let dimension): return [given[0].softmax(along: dimension, logarithm: true)]
    case .activation(let function): return [given[0].mapped(function.callAsFunction)]
    case .addScalar(let number): return [given[0].mapped { $0 + number }]
    case .multiplyScalar(let number): return [given[0].mapped { $0 * number }]
    case .divideScalar(let number): return [given[0].mapped { $0 / number }]
    case .compareScalar(let comparison, let number):
      return [given[0].mapped { comparison($0, number) }]
    case .range(let start, _, let step):
      let first = start.number ?? 0
      return [DenseArray(counting: shapes[0][0], from: first, by: step)]
    case .fill(let number), .full(_, let number):
      return [DenseArray(repeating: number, shapes[0])]
    case .identity: return [given[0]]
    case .batchNorm:
      throw CheckpointError(.unsupportedOperation, "a BatchNorm cannot run without its module")
    case .concatenate, .chunk, .split, .flatten, .reshape, .expand, .permute, .unsqueeze,
      .squeeze, .slice, .select, .sliceScatter, .selectScatter, .pad:
      return DenseArray.arranged(operation, given, shapes)
    }
  }

  private func product(
    of operands: [DenseArray], _ bias: DenseArray?, _ shape: [Int]
  ) throws(CheckpointError) -> DenseArray {
    switch self {
    case .convolution(let attributes):
      try DBNExecution.Convolution(attributes, operands[0], operands[1], bias, to: shape).output()
    case .linear: try DBNExecution.linear(operands[0], operands[1], bias, to: shape)
    default: operands[0].multiplied(with: operands[1], to: shape)
    }
  }

  private func combination(of operands: [DenseArray], _ shape: [Int]) -> DenseArray {
    switch self {
    case .add(let scale): operands[0].combined(with: operands[1], to: shape) { $0 + scale * $1 }
    case .multiply: operands[0].combined(with: operands[1], to: shape) { $0 * $1 }
    case .maximum:
      operands[0].combined(with: operands[1], to: shape) { extreme($0, $1, isLarger: true) }
    case .minimum:
      operands[0].combined(with: operands[1], to: shape) { extreme($0, $1, isLarger: false) }
    case .compare(let comparison):
      operands[0].combined(with: operands[1], to: shape) { comparison($0, $1) }
    case .choose: DenseArray.chosen(operands, shape)
    default: operands[0].combined(with: operands[1], to: shape) { $0 / $1 }
    }
  }

  private func pooled(
    _ input: DenseArray, _ shape: [Int]
  ) throws(CheckpointError) -> DenseArray {
    switch self {
    case .maxPool(let pooling): try Pool(pooling, input, to: shape).maximum()
    case .averagePool(let pooling):
      try Pool(pooling, input, to: shape)
        .average(countsPadding: pooling.countsPadding, divisor: pooling.divisor)
    case .adaptiveAveragePool(let sizes):
      try Pool(adaptive: input, rank: sizes.count, to: shape).average()
    default: input
    }
  }
}
