package import DBNTensors

extension Operation {
  /// One output for each nearly equal part; there may be fewer than `count`.
  public static func chunk(count: Int, dimension: Int) -> Operation {
    Operation(Chunk(count: count, dimension: dimension))
  }

  /// `torch.chunk`; once sizes are numbers, it becomes a `Split`.
  package struct Chunk: GraphOperation {
    package let count: Int
    package let dimension: Int

    /// The largest number of parts.
    private static let limit = 1 << 16

    package static var names: [String] { ["chunk"] }

    init(count: Int, dimension: Int) {
      self.count = count
      self.dimension = dimension
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(count: try reader.int("count"), dimension: try reader.int("dimension"))
    }

    package var attributes: [JSON.Member] {
      [.init("count", .int(count)), .init("dimension", .int(dimension))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let axis = try input.dimension(dimension)
      let parts = try parts(of: input[axis])
      return (
        .split(sizes: parts, dimension: axis), parts.map { input.replacing(axis, with: $0) }
      )
    }

    /// The sizes of nearly equal parts.
    private func parts(of size: Int) throws(CheckpointError) -> [Int] {
      guard 1...Self.limit ~= count else {
        throw .shape("a tensor cannot be split into \(count) parts")
      }
      if size == 0 { return Array(repeating: 0, count: count) }
      let part = (size - 1) / count + 1
      return stride(from: 0, to: size, by: part).map { Swift.min(part, size - $0) }
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      throw .shape("the parts have no sizes")
    }

    package func restored(
      _ change: ViewChange, in importer: inout GraphImporter
    ) throws(CheckpointError) -> Graph.Operand {
      try importer.rejoined(change, dimension)
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "chunk": { importer, call throws(CheckpointError) in
          let operation = Operation.chunk(
            count: try call.int("chunks"), dimension: try call.int("dim", default: 0))
          return try importer.parts(call.tensor(), operation, call)
        }
      ]
    }
  }
}
