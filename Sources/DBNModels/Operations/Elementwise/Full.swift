package import DBNTensors

extension Operation {
  /// No operand. A tensor of this shape whose elements are all the number.
  public static func full(_ sizes: [Size], _ number: Double) -> Operation {
    Operation(Full(sizes: sizes, number: number))
  }

  /// `torch.full`.
  package struct Full: GraphOperation {
    package let sizes: [Size]
    let number: Double

    package static var names: [String] { ["full"] }

    init(sizes: [Size], number: Double) {
      self.sizes = sizes
      self.number = number
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      sizes = try reader.sizes("sizes")
      number = try reader.number("number")
    }

    package var attributes: [JSON.Member] {
      [.init("sizes", .sizes(sizes)), .init("number", .double(number))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let shape = try operands.numbers(sizes)
      guard shape.allSatisfy({ $0 >= 0 }) else {
        throw .shape("the shape \(shape) has a negative size")
      }
      return (.full(shape.map { .fixed($0) }, number), [shape])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      [DenseArray(repeating: number, shapes[0])]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      let numbers: [String: Double] = [
        "zeros": 0, "ones": 1, "new_zeros": 0, "new_ones": 1,
        // PyTorch leaves these elements undefined.
        "empty": 0, "new_empty": 0, "empty_strided": 0, "new_empty_strided": 0,
      ]
      return numbers.mapValues(handler).merging(
        GraphImporter.handlers(["full", "new_full"]) { importer, call throws(CheckpointError) in
          try importer.full(&call, call.number("fill_value", default: 0))
        }
      ) { first, _ in first }.merging([
        "scalar_tensor": { importer, call throws(CheckpointError) in
          call.ignoreTensorOptions()
          return try importer.result(.full([], call.number("s", default: 0)), [], call)
        }
      ]) { first, _ in first }
    }

    private static func handler(of number: Double) -> GraphImporter.Handler {
      { importer, call throws(CheckpointError) in try importer.full(&call, number) }
    }
  }
}

extension GraphImporter {
  fileprivate mutating func full(
    _ call: inout ProgramCall, _ value: Double
  ) throws(CheckpointError) -> [Result] {
    call.ignoreTensorOptions()
    call.ignore("self", "stride")
    return try result(.full(shape("size", &call), value), [], call)
  }
}
