import DBNCOneDNN
import DBNModels
import DBNTensors

extension PlanBuilder {
  /// Adds a layer normalisation whose weight and bias are parameters; nil if oneDNN does not cover it.
  mutating func addLayerNorm(
    _ node: Graph.Node, _ norm: Operation.LayerNorm, _ input: PlannedValue
  ) throws(CheckpointError) -> PlannedValue? {
    let count = norm.shape.reduce(1, *)
    guard let keys = node.parameters(from: 1, count: 2) else { return nil }
    let matrix = try Layout(.plain, [input.shape.reduce(1, *) / count, count])
    let kernel = try Kernel.layerNorm(
      matrix, eps: norm.eps, hasScale: keys[0] != nil, hasShift: keys[1] != nil, processor)
    guard let kernel, !kernel.isReference else { return nil }
    let numbers = try Layout(.plain, [count])
    var constants: [Draft.Argument] = []
    for (key, argument) in zip(keys, [CONEDNN_ARG_SCALE, CONEDNN_ARG_SHIFT]) {
      guard let key else { continue }
      let buffer = try weights.constant(key, as: numbers, from: numbers)
      constants.append(.init(argument, numbers, .constant(buffer)))
    }
    let source = try plain(input)
    let isOurs = source.slot != input.slot || isLastUse(input)
    let target = isOurs ? source : makeValue(source.layout)
    try add(
      kernel,
      [
        .init(CONEDNN_ARG_SRC, matrix, .slot(source.slot)),
        .init(CONEDNN_ARG_DST, matrix, .slot(target.slot)),
      ] + constants)
    return target
  }
}

extension Graph.Node {
  /// The keys of operands that are parameters or left out; nil if one is computed.
  fileprivate func parameters(from start: Int, count: Int) -> [String?]? {
    var keys: [String?] = []
    for index in start..<start + count {
      switch index < operands.count ? operands[index] : .none {
      case .parameter(let key): keys.append(key)
      case .none: keys.append(nil)
      case .value: return nil
      }
    }
    return keys
  }
}
