package import DBNTensors

extension Operation {
  /// Operands: two tensors, broadcast; the second is multiplied by `scale` first.
  public static func add(scale: Double) -> Operation { Operation(Add(scale: scale)) }

  /// `torch.add` of two tensors.
  package struct Add: GraphOperation {
    package let scale: Double

    package static var names: [String] { ["add"] }

    init(scale: Double) {
      self.scale = scale
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      scale = try reader.number("scale")
    }

    package var attributes: [JSON.Member] { [.init("scale", .double(scale))] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      (Operation(self), [try operands.broadcast()])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let (first, second) = (try operands.required(0), try operands.required(1))
      return [first.combined(with: second, to: shapes[0]) { $0 + scale * $1 }]
    }
  }
}
