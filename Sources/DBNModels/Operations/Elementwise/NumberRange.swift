package import DBNTensors

extension Operation {
  /// No operand. The integers from `start` up to, but not including, `end`.
  public static func range(start: Size, end: Size, step: Int) -> Operation {
    Operation(NumberRange(start: start, end: end, step: step))
  }

  /// `torch.arange`.
  package struct NumberRange: GraphOperation {
    let start: Size
    let end: Size
    let step: Int

    package static var names: [String] { ["range"] }

    init(start: Size, end: Size, step: Int) {
      self.start = start
      self.end = end
      self.step = step
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(
        start: try reader.size("start"), end: try reader.size("end"),
        step: try reader.int("step"))
    }

    package var attributes: [JSON.Member] {
      [.init("start", start.json), .init("end", end.json), .init("step", .int(step))]
    }

    package var sizes: [Size] { [start, end] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let (first, last) = (try operands.fixed(start), try operands.fixed(end))
      guard step > 0, let distance = Size.Arithmetic.difference(last, first), distance >= 0 else {
        throw .shape("a range cannot go from \(first) to \(last) in steps of \(step)")
      }
      return (
        .range(start: .fixed(first), end: .fixed(last), step: step),
        [[distance == 0 ? 0 : (distance - 1) / step + 1]]
      )
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      [DenseArray(counting: shapes[0][0], from: start.number ?? 0, by: step)]
    }
  }
}
