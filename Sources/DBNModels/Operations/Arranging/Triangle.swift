package import DBNTensors

extension Operation {
  /// The part of each matrix of the last two dimensions above (or below) a diagonal and the diagonal
  /// itself; the other elements become 0.
  ///
  /// - Parameter offset: how far the diagonal is above the main diagonal; negative: below.
  public static func triangle(isUpper: Bool, offset: Int) -> Operation {
    Operation(Triangle(isUpper: isUpper, offset: offset))
  }

  /// `torch.triu` and `torch.tril`.
  package struct Triangle: GraphOperation {
    let isUpper: Bool
    let offset: Int

    package static var names: [String] { ["triangle"] }

    init(isUpper: Bool, offset: Int) {
      self.isUpper = isUpper
      self.offset = offset
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(isUpper: try reader.bool("upper"), offset: try reader.int("offset"))
    }

    package var attributes: [JSON.Member] {
      [.init("upper", .bool(isUpper)), .init("offset", .int(offset))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      guard input.count >= 2 else { throw .shape("\(input) has no matrices") }
      return (Operation(self), [input])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      var result = try operands.required(0)
      let columns = shapes[0][shapes[0].count - 1]
      let rows = shapes[0][shapes[0].count - 2]
      for start in stride(from: 0, to: result.values.count, by: Swift.max(columns, 1)) {
        let row = start / columns % rows
        for column in 0..<columns where isUpper ? column - row < offset : column - row > offset {
          result.values[start + column] = 0
        }
      }
      return [result]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      ["tril": handler(isUpper: false), "triu": handler(isUpper: true)]
    }

    private static func handler(isUpper: Bool) -> GraphImporter.Handler {
      { importer, call throws(CheckpointError) in
        let offset = try call.int("diagonal", default: 0)
        return try importer.result(
          .triangle(isUpper: isUpper, offset: offset), of: call.tensor(), call)
      }
    }
  }
}
