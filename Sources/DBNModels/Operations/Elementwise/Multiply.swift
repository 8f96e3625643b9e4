package import DBNTensors

extension Operation {
  /// Operands: two tensors, broadcast.
  public static let multiply = Operation(Multiply())

  /// `torch.mul` of two tensors.
  package struct Multiply: GraphOperation {
    package static var names: [String] { ["multiply"] }

    package init(_ reader: GraphReader) throws(CheckpointError) {}

    init() {}

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      (Operation(self), [try operands.broadcast()])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let (first, second) = (try operands.required(0), try operands.required(1))
      return [first.combined(with: second, to: shapes[0]) { $0 * $1 }]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "mul": { importer, call throws(CheckpointError) in
          try importer.pair(&call, .multiply) { .multiplyScalar($0) }
        }
      ]
    }
  }
}
