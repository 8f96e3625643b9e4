package import DBNTensors

extension Operation {
  /// Reorders the dimensions.
  public static func permute(_ order: [Int]) -> Operation { Operation(Permute(order)) }

  /// `torch.permute`.
  package struct Permute: StridedCopying {
    package let order: [Int]

    package static var names: [String] { ["permute"] }

    init(_ order: [Int]) {
      self.order = order
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      order = try reader.ints("order")
    }

    package var attributes: [JSON.Member] { [.init("order", .ints(order))] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let order = try input.dimensions(self.order)
      guard self.order.count == input.count else {
        throw .shape("\(input) cannot be permuted to \(self.order)")
      }
      return (.permute(order), [order.map { input[$0] }])
    }

    package func copies(of input: [Int], to shapes: [[Int]]) -> [StridedCopy] {
      let strides = input.strides
      return [StridedCopy(shapes[0], strides: order.map { strides[$0] })]
    }

    package func restored(
      _ change: ViewChange, in importer: inout GraphImporter
    ) throws(CheckpointError) -> Graph.Operand {
      try importer.single(.permute(inverse), [change.part], change.name)
    }

    private var inverse: [Int] {
      var inverse = order
      for (index, axis) in order.enumerated() where inverse.indices.contains(axis) {
        inverse[axis] = index
      }
      return inverse
    }
  }
}
