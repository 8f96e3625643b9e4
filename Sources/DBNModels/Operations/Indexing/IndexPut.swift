package import DBNTensors

extension Operation {
  /// Operands: a tensor, values, and for each of the dimensions a tensor of indices into it, as of
  /// `index`. The values, broadcast, replace the elements that the indices address, or are added to
  /// them.
  public static func indexPut(dimensions: [Int], accumulates: Bool) -> Operation {
    Operation(IndexPut(dimensions: dimensions, accumulates: accumulates))
  }

  /// `torch.index_put`; of several values for one element the last counts, unless they are added.
  package struct IndexPut: GraphOperation {
    let dimensions: [Int]
    let accumulates: Bool

    package static var names: [String] { ["indexPut"] }

    init(dimensions: [Int], accumulates: Bool) {
      self.dimensions = dimensions
      self.accumulates = accumulates
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(
        dimensions: try reader.ints("dimensions"), accumulates: try reader.bool("accumulates"))
    }

    package var attributes: [JSON.Member] {
      [.init("dimensions", .ints(dimensions)), .init("accumulates", .bool(accumulates))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let (input, values) = (try operands.required(0), try operands.required(1))
      let indexing = try Indexing(input, dimensions, operands.all().dropFirst(2))
      guard try values.broadcast(with: indexing.result) == indexing.result else {
        throw .shape("values \(values) do not fit the elements \(indexing.result)")
      }
      return (.indexPut(dimensions: indexing.dimensions, accumulates: accumulates), [input])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let (input, arrays) = (try operands.required(0), operands.given.dropFirst(2))
      let indexing = try Indexing(input.shape, dimensions, arrays.map(\.shape))
      let offsets = try indexing.offsets(arrays)
      let values = indexing.rearranged(try operands.required(1)).values
      var result = input
      input.forEachElement(at: offsets, indexing) { element, place in
        result.values[place] = values[element] + (accumulates ? result.values[place] : 0)
      }
      return [result]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      GraphImporter.handlers(["index_put", "_unsafe_index_put"]) {
        importer, call throws(CheckpointError) in
        if let masked = try importer.maskedPut(&call) { return masked }
        let accumulates = try call.bool("accumulate", default: false)
        let tensors = [
          try importer.operand(of: call.tensor()), try importer.operand(of: call.tensor("values")),
        ]
        let indices = try importer.indices(&call)
        return try importer.result(
          .indexPut(dimensions: indices.dimensions, accumulates: accumulates),
          tensors + indices.operands, call)
      }.merging([
        "index_fill": { importer, call throws(CheckpointError) in
          let operands = [
            try importer.operand(of: call.tensor()), try importer.numberOrTensor("value", &call),
            try importer.operand(of: call.tensor("index")),
          ]
          return try importer.result(
            .indexPut(dimensions: [call.int("dim")], accumulates: false), operands, call)
        }
      ]) { first, _ in first }
    }
  }
}

extension GraphImporter {
  /// `x[mask] = number`, whose shape does not depend on the mask; nil for other indices.
  fileprivate mutating func maskedPut(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result]? {
    let (name, values) = (try call.tensor(), try call.tensor("values"))
    let indices = try call.optionalTensors("indices")
    guard indices.count == 1, let mask = indices[0], try meta(mask).type == .bool,
      try meta(values).shape.allSatisfy({ $0 == 1 }),
      try !call.bool("accumulate", default: false)
    else { return nil }
    // The mask covers the first dimensions.
    var condition = try operand(of: mask)
    for _ in try meta(mask).rank..<max(meta(mask).rank, meta(name).rank) {
      condition = try single(
        .unsqueeze(dimension: -1), [condition], call.node.name + ".mask")
    }
    return try result(.choose, [condition, operand(of: values), operand(of: name)], call)
  }
}
