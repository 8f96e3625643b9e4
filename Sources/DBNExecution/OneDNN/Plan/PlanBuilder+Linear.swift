import DBNCOneDNN
import DBNModels
import DBNTensors

extension PlanBuilder {
  /// Adds a linear layer over the last dimension, with its epilogue; nil if oneDNN does not cover
  /// it.
  mutating func addLinear(
    _ unit: Unit, _ input: PlannedValue, _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue? {
    guard let layer = LinearLayer(unit.primary, weights.shapes) else { return nil }
    let rows = shape.dropLast().reduce(1, *)
    let source = PlannedValue(
      slot: try plain(input).slot, layout: try Layout(.plain, [rows, layer.shape[1]]))
    let target = makeValue(try Layout(.plain, [rows, layer.shape[0]]))
    let bias = layer.bias == nil ? nil : try Layout(.plain, [layer.shape[0]])
    let kernel = try Kernel.innerProduct(
      source: source.layout, weights: try Layout(.any, layer.shape), bias: bias,
      target: target.layout, [], processor)
    guard let kernel else { return nil }
    let constants = try constants(of: layer, kernel, bias)
    try add(kernel, [.init(CONEDNN_ARG_SRC, source), .init(CONEDNN_ARG_DST, target)] + constants)
    let value = PlannedValue(slot: target.slot, layout: try Layout(.plain, shape))
    return try add(unit.epilogue, to: value)
  }

  /// The weights in the kernel's layout, and the bias.
  private func constants(
    of layer: LinearLayer, _ kernel: Kernel, _ bias: Layout?
  ) throws(CheckpointError) -> [Draft.Argument] {
    let layout = try kernel.layout(.weights, layer.shape)
    let buffer = try weights.constant(
      layer.weight, as: layout, from: Layout(.plain, layer.shape))
    let weight = Draft.Argument(CONEDNN_ARG_WEIGHTS, layout, .constant(buffer))
    guard let bias, let key = layer.bias else { return [weight] }
    let shift = try weights.constant(key, as: bias, from: bias)
    return [weight, .init(CONEDNN_ARG_BIAS, bias, .constant(shift))]
  }
}

/// The parameters of a linear layer, by key.
private struct LinearLayer {
  let weight: String
  let bias: String?
  /// [O, I]
  let shape: [Int]

  /// Returns nil if weight or bias are not parameters, or the weight is missing or empty.
  init?(_ node: Graph.Node, _ shapes: [String: [Int]]) {
    guard case .parameter(let key) = node.operands[1], let shape = shapes[key],
      !shape.contains(0)
    else { return nil }
    switch node.operands.count > 2 ? node.operands[2] : .none {
    case .none: bias = nil
    case .parameter(let key): bias = key
    case .value: return nil
    }
    weight = key
    self.shape = shape
  }
}
