import DBNCOneDNN
import DBNModels
import DBNTensors

extension PlanBuilder {
  /// Adds operations that pick numbers at regular strides, as copies by oneDNN: chunked, sliced
  /// or transposed values stay in float32, and all cores are used.
  ///
  /// - Returns: nil for other operations.
  mutating func addArranging(_ node: Graph.Node) throws(CheckpointError) -> [PlannedValue]? {
    guard let input = try operand(0, of: node) else { return nil }
    let shapes = node.outputs.map { sized.shapes[$0] ?? [] }
    guard let parts = node.operation.parts(of: input.shape, shapes) else { return nil }
    let source = try plain(input)
    var targets: [PlannedValue] = []
    for part in parts { targets.append(try copy(part, of: source)) }
    return targets
  }

  private mutating func copy(
    _ part: StridedPart, of source: PlannedValue
  ) throws(CheckpointError) -> PlannedValue {
    let target = try makeValue(.plain, part.shape)
    let layout = try Layout(part.shape, strides: part.strides)
    guard let kernel = try Kernel.reorder(from: layout, to: target.layout, processor) else {
      throw CheckpointError(.engineFailed, "oneDNN cannot copy a part of \(source.shape)")
    }
    let start = part.start * MemoryLayout<Float>.size
    try add(
      kernel,
      [
        .init(CONEDNN_ARG_FROM, layout, .slot(source.slot, offset: start)),
        .init(CONEDNN_ARG_TO, target),
      ])
    return target
  }
}

/// Numbers at regular strides in an array.
private struct StridedPart {
  let shape: [Int]
  let strides: [Int]
  var start = 0
}

extension Operation {
  /// The parts of an input that the operation picks, one for each output; nil if it does
  /// something else, or has too many dimensions for oneDNN.
  ///
  /// - Parameter shapes: the outputs' shapes.
  fileprivate func parts(of input: [Int], _ shapes: [[Int]]) -> [StridedPart]? {
    var strides = input.strides
    guard input.count <= Int(CONEDNN_MAX_NDIMS), shapes.allSatisfy({ !$0.isEmpty }) else {
      return nil
    }
    switch definition {
    case let permute as Operation.Permute:
      return [StridedPart(shape: shapes[0], strides: permute.order.map { strides[$0] })]
    case let select as Operation.Select:
      let start = select.index * strides.remove(at: select.dimension)
      return [StridedPart(shape: shapes[0], strides: strides, start: start)]
    case let slice as Operation.Slice:
      let (dimension, step) = (slice.dimension, slice.step)
      let first = (slice.start.number ?? 0) * strides[dimension]
      let count = shapes[0][dimension]
      // oneDNN requires a whole step after the last element too.
      if count > 1, step * count > input[dimension] { return nil }
      if count > 1 { strides[dimension] *= step }
      return [StridedPart(shape: shapes[0], strides: strides, start: first)]
    case let split as Operation.Split:
      var start = 0
      return zip(split.parts, shapes).map { size, shape in
        defer { start += size * strides[split.dimension] }
        return StridedPart(shape: shape, strides: strides, start: start)
      }
    default: return nil
    }
  }
}
