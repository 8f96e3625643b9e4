package import DBNTensors

extension Operation {
  /// Operands: a tensor, indices of any shape. Takes the elements at the indices of a dimension,
  /// which the dimensions of the indices replace.
  public static func indexSelect(dimension: Int) -> Operation {
    Operation(IndexSelect(dimension: dimension))
  }

  /// `torch.index_select`, with indices of any shape also `torch.nn.functional.embedding`.
  package struct IndexSelect: GraphOperation {
    let dimension: Int

    package static var names: [String] { ["indexSelect"] }

    init(dimension: Int) {
      self.dimension = dimension
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      dimension = try reader.int("dimension")
    }

    package var attributes: [JSON.Member] { [.init("dimension", .int(dimension))] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let (input, index) = (try operands.required(0), try operands.required(1))
      let axis = try input.dimension(dimension)
      return (
        .indexSelect(dimension: axis), [Array(input[..<axis] + index + input[(axis + 1)...])]
      )
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let input = try operands.required(0)
      let indices = try Indices(operands.required(1), size: input.shape[dimension])
      return [input.selecting(indices.values, along: dimension, to: shapes[0])]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "index_select": { importer, call throws(CheckpointError) in
          let dimension = try call.int("dim")
          var index = try importer.operand(of: call.tensor("index"))
          if try importer.meta(call.tensor("index")).rank == 0 {
            index = try importer.single(
              .unsqueeze(dimension: 0), [index], call.node.name + ".index")
          }
          return try importer.result(
            .indexSelect(dimension: dimension), [importer.operand(of: call.tensor()), index], call)
        },
        "embedding": { importer, call throws(CheckpointError) in
          // These change gradients only.
          call.ignore("padding_idx", "scale_grad_by_freq", "sparse")
          let operands = [
            try importer.operand(of: call.tensor("weight")),
            try importer.operand(of: call.tensor("indices")),
          ]
          return try importer.result(.indexSelect(dimension: 0), operands, call)
        },
        "take": { importer, call throws(CheckpointError) in
          let flat = try importer.single(
            .flatten(start: 0, end: -1), [importer.operand(of: call.tensor())],
            call.node.name + ".flat")
          return try importer.result(
            .index(dimensions: [0]), [flat, importer.operand(of: call.tensor("index"))], call)
        },
      ]
    }
  }
}
