import Models
import Tensors

extension Operation {
  /// What the operation makes of its operands, by the reference: every operation but BatchNorm,
  /// whose module has a state.
  ///
  /// - Parameter operands: those of the node; nil where one is left out.
  func outputs(of operands: [DenseArray?]) throws(CheckpointError) -> [DenseArray] {
    let given = Operands(operands)
    let input = try given.required(0)
    switch self {
    case .convolution(let attributes):
      return [
        try Execution.Convolution(attributes, input, try given.required(1), given[2]).output()
      ]
    case .linear: return [try Execution.linear(input, try given.required(1), given[2])]
    case .activation(let function): return [input.mapped(function.callAsFunction)]
    case .add(let scale): return [try input.combined(with: given.required(1)) { $0 + scale * $1 }]
    case .multiply: return [try input.combined(with: given.required(1)) { $0 * $1 }]
    case .divide: return [try input.combined(with: given.required(1)) { $0 / $1 }]
    case .addScalar(let number): return [input.mapped { $0 + number }]
    case .multiplyScalar(let number): return [input.mapped { $0 * number }]
    case .maxPool(let pooling): return [try Pool(pooling, input).maximum()]
    case .averagePool(let pooling): return [try Pool(pooling, input).average()]
    case .adaptiveAveragePool(let sizes): return [try input.adaptivelyAveraged(to: sizes)]
    case .concatenate(let dimension):
      return [try DenseArray(concatenating: given.all(), along: dimension)]
    case .flatten(let start, let end): return [try input.flattened(from: start, to: end)]
    case .identity: return [input]
    default:
      throw CheckpointError(.unsupportedOperation, "the reference engine cannot run \(self) yet")
    }
  }
}

/// The operands of a node, of which some may be left out.
private struct Operands {
  private let operands: [DenseArray?]

  init(_ operands: [DenseArray?]) {
    self.operands = operands
  }

  subscript(index: Int) -> DenseArray? { index < operands.count ? operands[index] : nil }

  func required(_ index: Int) throws(CheckpointError) -> DenseArray {
    guard let array = self[index] else {
      throw CheckpointError(.missingOperand, "operand \(index) is missing")
    }
    return array
  }

  func all() throws(CheckpointError) -> [DenseArray] {
    try operands.indices.map { index throws(CheckpointError) in try required(index) }
  }
}
