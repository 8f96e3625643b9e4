package import DBNTensors

extension Operation {
  /// Operands: [..., M, K] and [..., K, N]; the dimensions before the last two are broadcast.
  public static let matrixMultiply = Operation(MatrixMultiply())

  /// `torch.matmul` of tensors with two dimensions or more.
  package struct MatrixMultiply: GraphOperation {
    package static var names: [String] { ["matrixMultiply"] }

    package init(_ reader: GraphReader) throws(CheckpointError) {}

    init() {}

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let (left, right) = (try operands.required(0), try operands.required(1))
      guard left.count >= 2, right.count >= 2, left[left.count - 1] == right[right.count - 2]
      else { throw .shape("\(left) cannot be multiplied with \(right)") }
      let batch = try [Int](left.dropLast(2)).broadcast(with: [Int](right.dropLast(2)))
      return (Operation(self), [batch + [left[left.count - 2], right[right.count - 1]]])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      [try operands.required(0).multiplied(with: operands.required(1), to: shapes[0])]
    }
  }
}
