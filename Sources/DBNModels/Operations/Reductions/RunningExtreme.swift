package import DBNTensors

extension Operation {
  /// Two outputs: the largest (or smallest) of the elements along a dimension up to each, and its
  /// index in the line; of equal elements the last. A NaN stays.
  public static func runningExtreme(isLargest: Bool, dimension: Int) -> Operation {
    Operation(RunningExtreme(isLargest: isLargest, dimension: dimension))
  }

  /// `torch.cummax` and `torch.cummin`.
  package struct RunningExtreme: GraphOperation {
    let isLargest: Bool
    let dimension: Int

    package static var names: [String] { ["runningExtreme"] }

    init(isLargest: Bool, dimension: Int) {
      self.isLargest = isLargest
      self.dimension = dimension
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(
        isLargest: try reader.bool("largest"), dimension: try reader.int("dimension"))
    }

    package var attributes: [JSON.Member] {
      [.init("largest", .bool(isLargest)), .init("dimension", .int(dimension))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let axis = try input.dimension(dimension)
      return (.runningExtreme(isLargest: isLargest, dimension: axis), [input, input])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let input = try operands.required(0)
      let indices = input.indices(along: dimension, to: input.shape, indices)
      let values = input.gathered(
        indices.values.map { Int($0) }, input.shape, along: dimension)
      return [values, indices]
    }

    /// The index of the extreme up to each element of a line.
    private func indices(of line: UnsafeBufferPointer<Double>) -> [Int] {
      var last = 0
      return line.indices.map { index in
        let (value, extreme) = (line[index], line[last])
        let isBeyond = isLargest ? value >= extreme : value <= extreme
        if value.isNaN || isBeyond { last = index }
        return last
      }
    }

    package static var handlers: [String: GraphImporter.Handler] {
      ["cummax": handler(isLargest: true), "cummin": handler(isLargest: false)]
    }

    private static func handler(isLargest: Bool) -> GraphImporter.Handler {
      { importer, call throws(CheckpointError) in
        let operation = Operation.runningExtreme(
          isLargest: isLargest, dimension: try call.int("dim"))
        return try importer.results(
          operation, [importer.operand(of: call.tensor())], call, count: 2)
      }
    }
  }
}
