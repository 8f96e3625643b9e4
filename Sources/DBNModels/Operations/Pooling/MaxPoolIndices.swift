package import DBNTensors

extension Operation {
  /// Operand: input [N, C, ...] or [C, ...]. The index of each window's largest element in its
  /// channel, as if that had one dimension.
  public static func maxPoolIndices(_ pooling: Pooling) -> Operation {
    Operation(MaxPoolIndices(pooling))
  }

  /// The second output of `torch.nn.functional.max_pool2d` with `return_indices`.
  package struct MaxPoolIndices: GraphOperation {
    package let pooling: Pooling

    package static var names: [String] { ["maxPoolIndices"] }

    init(_ pooling: Pooling) {
      self.pooling = pooling
    }

    package init(_ reader: GraphReader) throws(CheckpointError) { pooling = try Pooling(reader) }

    package var attributes: [JSON.Member] { pooling.attributes }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      (Operation(self), [try pooling.output(of: operands.required(0))])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      [try Pool(pooling, operands.required(0), to: shapes[0]).maximumIndices()]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      GraphImporter.handlers(ofRanks: 1...3, { "max_pool\($0)d_with_indices" }) { rank in
        { importer, call throws(CheckpointError) in
          let pooling = try Pooling(maximum: &call, rank: rank)
          return try importer.maximum(.maxPool(pooling), indices: .maxPoolIndices(pooling), &call)
        }
      }
    }
  }
}

extension GraphImporter {
  /// The largest elements and their indices. The node of what the program does not use is left out
  /// of the graph.
  mutating func maximum(
    _ values: Operation, indices: Operation, _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let (input, name) = (try operand(of: call.input()), Self.name(of: call))
    return [
      .new(try single(values, [input], name)),
      .new(try single(indices, [input], "\(name).indices")),
    ]
  }
}
