package import DBNTensors

extension Operation {
  /// The operand unchanged: dropout, `contiguous`, `detach` and the like.
  public static let identity = Operation(Identity())

  /// `torch.clone`: the same elements.
  package struct Identity: GraphOperation {
    package static var names: [String] { ["identity"] }

    package init(_ reader: GraphReader) throws(CheckpointError) {}

    init() {}

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] { [try operands.required(0)] }

    package static var handlers: [String: GraphImporter.Handler] {
      copies.merging(sameTensors) { first, _ in first }
    }

    /// The operations that make a new tensor.
    private static let copies: [String: GraphImporter.Handler] = [
      "clone": { importer, call throws(CheckpointError) in
        call.ignore("memory_format")
        return try importer.result(.identity, of: call.tensor(), call)
      },
      "lift_fresh_copy": { importer, call throws(CheckpointError) in
        try importer.result(.identity, of: call.tensor(), call)
      },
      "contiguous": { importer, call throws(CheckpointError) in
        call.ignore("memory_format")
        return try importer.sameUnlessMoved(&call)
      },
    ]

    /// The operations that return their operand itself.
    private static let sameTensors: [String: GraphImporter.Handler] = [
      "detach": { importer, call throws(CheckpointError) in [.same(try call.tensor())] },
      "positive": { importer, call throws(CheckpointError) in [.same(try call.tensor())] },
      "alias": { importer, call throws(CheckpointError) in [.same(try call.tensor())] },
      "lift_fresh": { importer, call throws(CheckpointError) in [.same(try call.tensor())] },
      "dropout": { importer, call throws(CheckpointError) in try importer.dropout(&call) },
      "feature_dropout": { importer, call throws(CheckpointError) in
        try importer.dropout(&call)
      },
      "alpha_dropout": { importer, call throws(CheckpointError) in try importer.dropout(&call) },
      "feature_alpha_dropout": { importer, call throws(CheckpointError) in
        try importer.dropout(&call)
      },
      "native_dropout": { importer, call throws(CheckpointError) in
        try importer.dropout(&call)
          + [.missing("uses the mask of a dropout, which the graph does not have")]
      },
    ]
  }
}

extension GraphImporter {
  /// The tensor itself, or a copy of it where PyTorch makes one: in another order of memory or type.
  mutating func sameUnlessMoved(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let name = try call.tensor()
    let (before, after) = (try meta(name), try outputMeta(of: call))
    if before.exampleStrides == after.exampleStrides && before.scalarType == after.scalarType {
      return [.same(name)]
    }
    return try result(.identity, of: name, call)
  }

  fileprivate mutating func dropout(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let name = try call.input()
    let probability = try call.number("p", default: 0.5)
    if try call.bool("train", default: false) { noteDropout(probability) }
    return [.same(name)]
  }
}

extension GraphImporter {
  /// Notes a dropout that is left out.
  mutating func noteDropout(_ probability: Double) {
    guard probability > 0 else { return }
    note("dropout is left out: a forward pass draws no random numbers, not even in training")
  }
}
