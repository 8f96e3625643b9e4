package import DBNTensors

extension Operation {
  /// Operands: a tensor, and the replacement for its slice.
  public static func sliceScatter(
    dimension: Int, start: Size, end: Size, step: Int
  ) -> Operation {
    Operation(SliceScatter(Slice(dimension: dimension, start: start, end: end, step: step)))
  }

  /// `torch.slice_scatter`.
  package struct SliceScatter: GraphOperation {
    let slice: Slice

    package static var names: [String] { ["sliceScatter"] }

    init(_ slice: Slice) {
      self.slice = slice
    }

    package init(_ reader: GraphReader) throws(CheckpointError) { slice = try Slice(reader) }

    package var attributes: [JSON.Member] { slice.attributes }

    package var sizes: [Size] { slice.sizes }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let (slice, shape) = try slice.cut(operands)
      try operands.checkReplacement(of: shape)
      return (Operation(SliceScatter(slice)), [try operands.required(0)])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let (input, part) = (try operands.required(0), try operands.required(1))
      let strides = input.shape.strides
      return [input.replacing(part, slice.strides(strides), from: slice.offset(strides))]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "slice_scatter": { importer, call throws(CheckpointError) in
          let operands = [
            try importer.operand(of: call.tensor()),
            try importer.operand(of: call.tensor("src")),
          ]
          let scatter = SliceScatter(try importer.slice(&call))
          return try importer.result(Operation(scatter), operands, call)
        }
      ]
    }
  }
}
