package import DBNTensors

extension Operation {
  /// Operands: two tensors, broadcast; NaN where either is NaN.
  public static let maximum = Operation(Maximum())

  /// `torch.maximum`.
  package struct Maximum: GraphOperation {
    package static var names: [String] { ["maximum"] }

    package init(_ reader: GraphReader) throws(CheckpointError) {}

    init() {}

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      (Operation(self), [try operands.broadcast()])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let (first, second) = (try operands.required(0), try operands.required(1))
      return [first.combined(with: second, to: shapes[0]) { extreme($0, $1, isLarger: true) }]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "maximum": { importer, call throws(CheckpointError) in
          try importer.pair(&call, .maximum) {
            .activation(.hardTanh(minimum: $0, maximum: .infinity))
          }
        }
      ]
    }
  }
}
