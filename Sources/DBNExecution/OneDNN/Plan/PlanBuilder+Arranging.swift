import DBNCOneDNN
import DBNModels
import DBNTensors

extension PlanBuilder {
  /// Adds operations that copy numbers at regular strides, as copies by oneDNN: chunked, padded,
  /// sliced or transposed values stay in float32, and all cores are used.
  ///
  /// - Returns: nil for other operations, and for what oneDNN cannot copy in a few pieces.
  mutating func addArranging(_ node: Graph.Node) throws(CheckpointError) -> [PlannedValue]? {
    guard let input = try operand(0, of: node),
      let operation = node.operation.definition as? any StridedCopying
    else { return nil }
    let shapes = node.outputs.map { sized.shapes[$0] ?? [] }
    let copies = try operation.copies(of: input.shape, to: shapes)
    let pieces = copies.compactMap(CopiedPieces.init)
    guard pieces.count == copies.count else { return nil }
    let source = try plain(input)
    var targets: [PlannedValue] = []
    for (index, shape) in shapes.enumerated() {
      let target = try makeValue(.plain, shape)
      if let value = copies[index].background { add(.fill(target, Float(value))) }
      try add(pieces[index], of: source, to: target)
      targets.append(target)
    }
    return targets
  }

  private mutating func add(
    _ pieces: CopiedPieces, of source: PlannedValue, to target: PlannedValue
  ) throws(CheckpointError) {
    let from = try Layout(pieces.shape, strides: pieces.source)
    let layout = try Layout(pieces.shape, strides: pieces.target)
    guard let kernel = try Kernel.reorder(from: from, to: layout, processor) else {
      throw CheckpointError(.engineFailed, "oneDNN cannot copy a part of \(source.shape)")
    }
    let size = MemoryLayout<Float>.size
    for start in pieces.starts {
      try add(
        kernel,
        [
          .init(CONEDNN_ARG_FROM, from, .slot(source.slot, offset: start.source * size)),
          .init(CONEDNN_ARG_TO, layout, .slot(target.slot, offset: start.target * size)),
        ])
    }
  }
}
