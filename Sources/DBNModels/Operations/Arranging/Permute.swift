package import DBNTensors

extension Operation {
  /// Reorders the dimensions.
  public static func permute(_ order: [Int]) -> Operation { Operation(Permute(order)) }

  /// `torch.permute`.
  package struct Permute: GraphOperation {
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

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let input = try operands.required(0)
      let strides = input.shape.strides
      return [input.part(shapes[0], order.map { strides[$0] }, from: 0)]
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

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "transpose": { importer, call throws(CheckpointError) in
          try importer.transposed(&call, call.int("dim0"), call.int("dim1"))
        },
        "t": { importer, call throws(CheckpointError) in
          let rank = try importer.meta(call.tensor()).rank
          return rank < 2
            ? [.same(try call.tensor())] : try importer.transposed(&call, 0, 1)
        },
        "mT": { importer, call throws(CheckpointError) in
          try importer.transposed(&call, -2, -1)
        },
        "permute": { importer, call throws(CheckpointError) in
          let name = try call.tensor()
          let rank = try importer.meta(name).rank
          let order = try importer.dimensions(call.ints("dims") ?? [], rank)
          return try importer.view(of: name, .permute(order))
        },
      ]
    }
  }
}

extension GraphImporter {
  fileprivate func transposed(
    _ call: inout ProgramCall, _ first: Int, _ second: Int
  ) throws(CheckpointError) -> [Result] {
    let name = try call.tensor()
    let rank = try meta(name).rank
    let axes = try dimensions([first, second], rank)
    var order = Array(0..<rank)
    order.swapAt(axes[0], axes[1])
    return try view(of: name, .permute(order))
  }
}
