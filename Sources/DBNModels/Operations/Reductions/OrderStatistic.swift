package import DBNTensors

extension Operation {
  /// Two outputs: a number of each line along a dimension, and its index in the line; of equal
  /// numbers the first.
  public static func orderStatistic(
    _ statistic: OrderStatistic, dimension: Int, keepsDimensions: Bool
  ) -> Operation {
    Operation(
      OrderStatisticOperation(
        statistic: statistic, dimension: dimension, keepsDimensions: keepsDimensions))
  }

  /// A number of a line, by its place among the line's numbers in order. A NaN precedes all.
  public enum OrderStatistic: String, Sendable, Hashable, CaseIterable {
    case largest, smallest
    /// The lower one of two.
    case median
  }

  /// `torch.max`, `torch.min` and `torch.median` along a dimension.
  package struct OrderStatisticOperation: GraphOperation {
    let statistic: OrderStatistic
    let dimension: Int
    let keepsDimensions: Bool

    package static var names: [String] { ["orderStatistic"] }

    init(statistic: OrderStatistic, dimension: Int, keepsDimensions: Bool) {
      self.statistic = statistic
      self.dimension = dimension
      self.keepsDimensions = keepsDimensions
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      guard let statistic = OrderStatistic(rawValue: try reader.text("statistic")) else {
        throw reader.invalid("statistic")
      }
      self.init(
        statistic: statistic, dimension: try reader.int("dimension"),
        keepsDimensions: try reader.bool("keeps"))
    }

    package var attributes: [JSON.Member] {
      [
        .init("statistic", .string(statistic.rawValue)), .init("dimension", .int(dimension)),
        .init("keeps", .bool(keepsDimensions)),
      ]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let axis = try input.dimension(dimension)
      guard input[axis] > 0 else { throw .shape("\(input) has no elements along \(dimension)") }
      let shape = input.reduced([axis], keeps: keepsDimensions)
      return (
        .orderStatistic(statistic, dimension: axis, keepsDimensions: keepsDimensions),
        [shape, shape]
      )
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let input = try operands.required(0)
      let kept = input.shape.replacing(dimension, with: 1)
      let indices = input.indices(along: dimension, to: kept) { [statistic.index(in: $0)] }
      let values = input.gathered(
        indices.values.map { Int($0) }, indices.shape, along: dimension)
      return [values.reshaped(to: shapes[0]), indices.reshaped(to: shapes[1])]
    }
  }
}

extension Operation.OrderStatistic {
  fileprivate func index(in line: UnsafeBufferPointer<Double>) -> Int {
    if let index = line.firstIndex(where: \.isNaN) { return index }
    switch self {
    case .largest: return line.indices.max { line[$0] < line[$1] } ?? 0
    case .smallest: return line.indices.min { line[$0] < line[$1] } ?? 0
    case .median: return line.sortedIndices(descending: false)[(line.count - 1) / 2]
    }
  }
}
