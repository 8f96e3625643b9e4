package import DBNTensors

extension Operation {
  /// The elements at an index of a dimension, without that dimension.
  public static func select(dimension: Int, index: Int) -> Operation {
    Operation(Select(dimension: dimension, index: index))
  }

  /// `torch.select`.
  package struct Select: StridedCopying {
    package let dimension: Int
    package let index: Int

    package static var names: [String] { ["select"] }

    init(dimension: Int, index: Int) {
      self.dimension = dimension
      self.index = index
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(dimension: try reader.int("dimension"), index: try reader.int("index"))
    }

    package var attributes: [JSON.Member] {
      [.init("dimension", .int(dimension)), .init("index", .int(index))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let select = try counted(in: input)
      return (Operation(select), [input.removing(select.dimension)])
    }

    /// The same with dimension and index counted from the front.
    func counted(in shape: [Int]) throws(CheckpointError) -> Select {
      let axis = try shape.dimension(dimension)
      let result = index < 0 ? index &+ shape[axis] : index
      guard 0..<shape[axis] ~= result else {
        throw .shape("\(shape) has no index \(index) along dimension \(dimension)")
      }
      return Select(dimension: axis, index: result)
    }

    package func copies(of input: [Int], to shapes: [[Int]]) -> [StridedCopy] {
      let strides = input.strides
      let start = index * strides[dimension]
      return [StridedCopy(shapes[0], from: start, strides: strides.removing(dimension))]
    }

    package func restored(
      _ change: ViewChange, in importer: inout GraphImporter
    ) throws(CheckpointError) -> Graph.Operand {
      try importer.single(
        .selectScatter(dimension: dimension, index: index), [change.whole, change.part],
        change.name)
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "select": { importer, call throws(CheckpointError) in
          let operation = Operation.select(
            dimension: try call.int("dim"), index: try call.int("index"))
          return try importer.view(of: call.tensor(), operation)
        },
        "unbind": { importer, call throws(CheckpointError) in
          let (name, dimension) = (try call.tensor(), try call.int("dim", default: 0))
          var results: [GraphImporter.Result] = []
          for index in call.node.outputs.flatMap(\.names).indices {
            results += try importer.view(of: name, .select(dimension: dimension, index: index))
          }
          return results
        },
      ]
    }
  }
}
