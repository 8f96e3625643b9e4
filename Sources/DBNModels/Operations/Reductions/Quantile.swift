package import DBNTensors

extension Operation {
  /// Operands: a tensor, and a quantile or a line of them, from 0 to 1. The numbers at these places of
  /// each line along a dimension, in order; of several quantiles, the first dimension is theirs.
  ///
  /// - Parameter ignoresNaN: whether a line's other numbers count; otherwise its quantiles are NaN.
  public static func quantile(
    _ interpolation: QuantileInterpolation, dimension: Int, keepsDimensions: Bool,
    ignoresNaN: Bool = false
  ) -> Operation {
    Operation(
      Quantile(
        interpolation: interpolation, dimension: dimension, keepsDimensions: keepsDimensions,
        ignoresNaN: ignoresNaN))
  }

  /// The number at a place between two.
  public enum QuantileInterpolation: String, Sendable, Hashable, CaseIterable {
    case linear, lower, higher, midpoint, nearest
  }

  /// `torch.quantile` and `torch.nanquantile`.
  package struct Quantile: GraphOperation {
    let interpolation: QuantileInterpolation
    let dimension: Int
    let keepsDimensions: Bool
    let ignoresNaN: Bool

    package static var names: [String] { ["quantile"] }

    init(
      interpolation: QuantileInterpolation, dimension: Int, keepsDimensions: Bool,
      ignoresNaN: Bool
    ) {
      self.interpolation = interpolation
      self.dimension = dimension
      self.keepsDimensions = keepsDimensions
      self.ignoresNaN = ignoresNaN
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      guard let interpolation = QuantileInterpolation(rawValue: try reader.text("interpolation"))
      else { throw reader.invalid("interpolation") }
      self.init(
        interpolation: interpolation, dimension: try reader.int("dimension"),
        keepsDimensions: try reader.bool("keeps"), ignoresNaN: try reader.bool("ignores_nan"))
    }

    package var attributes: [JSON.Member] {
      [
        .init("interpolation", .string(interpolation.rawValue)),
        .init("dimension", .int(dimension)), .init("keeps", .bool(keepsDimensions)),
        .init("ignores_nan", .bool(ignoresNaN)),
      ]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let (input, quantiles) = (try operands.required(0), try operands.required(1))
      let axis = try input.dimension(dimension)
      guard input[axis] > 0, quantiles.count <= 1 else {
        throw .shape("\(input) has no quantiles \(quantiles) along \(dimension)")
      }
      let operation = Operation.quantile(
        interpolation, dimension: axis, keepsDimensions: keepsDimensions, ignoresNaN: ignoresNaN)
      return (operation, [quantiles + input.reduced([axis], keeps: keepsDimensions)])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let (input, quantiles) = (try operands.required(0), try operands.required(1).values)
      guard quantiles.allSatisfy({ 0...1 ~= $0 }) else {
        throw CheckpointError(.invalidIndex, "a quantile is not between 0 and 1")
      }
      let sorted = input.alongLines(
        input.shape[dimension], input.shape.dropFirst(dimension + 1).reduce(1, *)
      ) { line in
        var numbers = UnsafeMutableBufferPointer(start: line, count: input.shape[dimension])
        numbers.sort { $0 < $1 || ($1.isNaN && !$0.isNaN) }
      }
      let shape = input.shape.removing(dimension)
      var values: [Double] = []
      for quantile in quantiles {
        values += try sorted.reduced(over: [dimension], to: shape) { [self] line in
          number(at: quantile, of: line)
        }.values
      }
      return [try DenseArray(shape: shapes[0], values: values)]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      ["quantile": handler(ignoresNaN: false), "nanquantile": handler(ignoresNaN: true)]
    }
  }
}

extension Operation.Quantile {
  /// - Parameter line: sorted.
  private func number(at quantile: Double, of line: UnsafeBufferPointer<Double>) -> Double {
    let count = line.firstIndex(where: \.isNaN) ?? line.count
    guard count == line.count || (ignoresNaN && count > 0) else { return .nan }
    let place = quantile * Double(count - 1)
    let (lower, higher) = (line[Int(place)], line[Int(place.rounded(.up))])
    switch interpolation {
    case .linear: return between(lower, higher, place - place.rounded(.down))
    case .lower: return lower
    case .higher: return higher
    case .midpoint: return between(lower, higher, 0.5)
    case .nearest: return line[Int(place.rounded(.toNearestOrEven))]
    }
  }

  /// Source: `torch.lerp`.
  private func between(_ lower: Double, _ higher: Double, _ weight: Double) -> Double {
    weight < 0.5
      ? lower + weight * (higher - lower) : higher - (higher - lower) * (1 - weight)
  }

  private static func handler(ignoresNaN: Bool) -> GraphImporter.Handler {
    { importer, call throws(CheckpointError) in
      let text = try call.text("interpolation", default: "linear")
      guard let interpolation = Operation.QuantileInterpolation(rawValue: text) else {
        throw call.unsupported("the interpolation `\(text)`")
      }
      let (line, dimension) = try importer.line(&call)
      let operation = Operation.quantile(
        interpolation, dimension: dimension,
        keepsDimensions: try call.bool("keepdim", default: false), ignoresNaN: ignoresNaN)
      return try importer.result(
        operation, [line, importer.numberOrTensor("q", &call)], call)
    }
  }
}

extension GraphImporter {
  /// The tensor and the call's dimension, or all its elements as one line.
  fileprivate mutating func line(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> (Graph.Operand, dimension: Int) {
    let input = try operand(of: call.tensor())
    if call.has("dim") { return (input, try call.int("dim")) }
    guard try !call.bool("keepdim", default: false) else {
      throw call.unsupported("`keepdim` without a dimension")
    }
    return (try single(.flatten(start: 0, end: -1), [input], call.node.name + ".flat"), 0)
  }
}
