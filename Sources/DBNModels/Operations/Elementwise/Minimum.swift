package import DBNTensors

extension Operation {
  /// Operands: two tensors, broadcast; NaN where either is NaN.
  public static let minimum = Operation(Minimum())

  /// `torch.minimum`.
  package struct Minimum: GraphOperation {
    package static var names: [String] { ["minimum"] }

    package init(_ reader: GraphReader) throws(CheckpointError) {}

    init() {}

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      (Operation(self), [try operands.broadcast()])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let (first, second) = (try operands.required(0), try operands.required(1))
      return [first.combined(with: second, to: shapes[0]) { extreme($0, $1, isLarger: false) }]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "minimum": { importer, call throws(CheckpointError) in
          try importer.pair(&call, .minimum) {
            .activation(.hardTanh(minimum: -.infinity, maximum: $0))
          }
        }
      ]
    }
  }
}
