package import DBNTensors

extension Operation {
  /// Operands: a tensor, and the replacement for its elements at an index of a dimension.
  public static func selectScatter(dimension: Int, index: Int) -> Operation {
    Operation(SelectScatter(Select(dimension: dimension, index: index)))
  }

  /// `torch.select_scatter`.
  package struct SelectScatter: GraphOperation {
    let select: Select

    package static var names: [String] { ["selectScatter"] }

    init(_ select: Select) {
      self.select = select
    }

    package init(_ reader: GraphReader) throws(CheckpointError) { select = try Select(reader) }

    package var attributes: [JSON.Member] { select.attributes }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let select = try select.counted(in: input)
      try operands.checkReplacement(of: input.removing(select.dimension))
      return (Operation(SelectScatter(select)), [input])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let (input, part) = (try operands.required(0), try operands.required(1))
      let strides = input.shape.strides
      return [
        input.replacing(
          part, strides.removing(select.dimension), from: select.index * strides[select.dimension])
      ]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "select_scatter": { importer, call throws(CheckpointError) in
          let operands = [
            try importer.operand(of: call.tensor()),
            try importer.operand(of: call.tensor("src")),
          ]
          let scatter = Operation.selectScatter(
            dimension: try call.int("dim"), index: try call.int("index"))
          return try importer.result(scatter, operands, call)
        }
      ]
    }
  }
}
