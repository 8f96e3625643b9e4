package import DBNTensors

extension Operation {
  /// Operands: a tensor, and for each of the dimensions a tensor of indices into it; the indices
  /// broadcast. Negative indices count from the end.
  ///
  /// The dimensions of the indices replace those that are indexed where these are next to each
  /// other; otherwise they come first.
  public static func index(dimensions: [Int]) -> Operation {
    Operation(Index(dimensions: dimensions))
  }

  /// `x[i, :, j]` with tensors of integers.
  ///
  /// Source: `aten/src/ATen/native/TensorAdvancedIndexing.cpp`.
  package struct Index: GraphOperation {
    let dimensions: [Int]

    package static var names: [String] { ["index"] }

    init(dimensions: [Int]) {
      self.dimensions = dimensions
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      dimensions = try reader.ints("dimensions")
    }

    package var attributes: [JSON.Member] { [.init("dimensions", .ints(dimensions))] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let indexing = try Indexing(
        operands.required(0), dimensions, operands.all().dropFirst())
      return (.index(dimensions: indexing.dimensions), [indexing.result])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let (input, arrays) = (try operands.required(0), operands.given.dropFirst())
      let indexing = try Indexing(input.shape, dimensions, arrays.map(\.shape))
      let offsets = try indexing.offsets(arrays)
      return [indexing.arranged(input.elements(at: offsets, indexing))]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      GraphImporter.handlers(["index", "_unsafe_index"]) { importer, call throws(CheckpointError) in
        let name = try call.tensor()
        let indices = try importer.indices(&call)
        return try importer.result(
          .index(dimensions: indices.dimensions),
          [importer.operand(of: name)] + indices.operands, call)
      }
    }
  }
}

extension GraphImporter {
  /// The dimensions that a call indexes and the indices.
  ///
  /// - Throws: `unsupportedOperation` for masks, whose result has a size that depends on them.
  mutating func indices(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> (dimensions: [Int], operands: [Graph.Operand]) {
    var (dimensions, operands): ([Int], [Graph.Operand]) = ([], [])
    for (dimension, name) in try call.optionalTensors("indices").enumerated() {
      guard let name else { continue }
      guard try meta(name).type != .bool else {
        throw call.unsupported("a mask, which makes a size depend on numbers,")
      }
      dimensions.append(dimension)
      operands.append(try operand(of: name))
    }
    return (dimensions, operands)
  }
}
