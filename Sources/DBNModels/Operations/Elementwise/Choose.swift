package import DBNTensors

extension Operation {
  /// Operands: a condition and two tensors, broadcast. Takes the first tensor's elements where the
  /// condition is not 0, otherwise the second's.
  public static let choose = Operation(Choose())

  /// `torch.where`.
  package struct Choose: GraphOperation {
    package static var names: [String] { ["choose"] }

    package init(_ reader: GraphReader) throws(CheckpointError) {}

    init() {}

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let (first, second) = (try operands.required(1), try operands.required(2))
      return (Operation(self), [try input.broadcast(with: first.broadcast(with: second))])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      [DenseArray.chosen(operands.given, shapes[0])]
    }
  }
}
