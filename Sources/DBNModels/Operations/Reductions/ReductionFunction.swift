import DBNPlatform
import DBNTensors

/// What a reduction makes of a line of numbers.
public enum ReductionFunction: Sendable, Hashable {
  /// The largest number; NaN if there is one.
  case largest
  /// The smallest number; NaN if there is one.
  case smallest
  /// The product.
  case product
  /// Whether any number is not 0: 1 or 0.
  case any
  /// Whether no number is 0: 1 or 0.
  case all
  /// `log(sum(exp(x)))`
  case logSumExp
  /// The vector norm of an order, which may be 0 or infinite.
  case norm(order: Double)
  /// The sum of squared distances from the mean, divided by the count less the correction.
  case variance(correction: Double)
}

extension ReductionFunction {
  private static let plain: [String: ReductionFunction] = [
    "largest": .largest, "smallest": .smallest, "product": .product, "any": .any, "all": .all,
    "logSumExp": .logSumExp,
  ]

  private static let plainNames = Dictionary(uniqueKeysWithValues: plain.map { ($1, $0) })

  init(_ reader: GraphReader) throws(CheckpointError) {
    switch try reader.text("function") {
    case "norm": self = .norm(order: try reader.number("order"))
    case "variance": self = .variance(correction: try reader.number("correction"))
    case let name:
      guard let function = Self.plain[name] else { throw reader.invalid("function") }
      self = function
    }
  }

  var attributes: [JSON.Member] {
    switch self {
    case .norm(let order): [.init("function", "norm"), .init("order", .double(order))]
    case .variance(let correction):
      [.init("function", "variance"), .init("correction", .double(correction))]
    default: [.init("function", .string(Self.plainNames[self] ?? ""))]
    }
  }

  /// Whether there is a result for no numbers.
  var acceptsNothing: Bool {
    switch self {
    case .largest, .smallest: false
    case .norm(let order): order >= 0 && order.isFinite
    default: true
    }
  }

  /// The function's value.
  func callAsFunction(_ line: UnsafeBufferPointer<Double>) -> Double {
    switch self {
    case .largest: line.reduce(-.infinity) { extreme($0, $1, isLarger: true) }
    case .smallest: line.reduce(.infinity) { extreme($0, $1, isLarger: false) }
    case .product: line.reduce(1, *)
    case .any: line.contains { $0 != 0 } ? 1 : 0
    case .all: line.allSatisfy { $0 != 0 } ? 1 : 0
    case .logSumExp: Self.logSumExp(line)
    case .norm(let order): Self.norm(line, order)
    case .variance(let correction): Self.variance(line, correction)
    }
  }

  private static func logSumExp(_ line: UnsafeBufferPointer<Double>) -> Double {
    let largest = line.reduce(-.infinity) { extreme($0, $1, isLarger: true) }
    guard largest.isFinite else { return largest }
    return largest + log(line.reduce(0) { $0 + exp($1 - largest) })
  }

  /// Source: `torch.linalg.vector_norm`.
  private static func norm(_ line: UnsafeBufferPointer<Double>, _ order: Double) -> Double {
    switch order {
    case 0: Double(line.count { $0 != 0 })
    case 1: line.reduce(0) { $0 + abs($1) }
    case 2: line.reduce(0) { $0 + $1 * $1 }.squareRoot()
    case .infinity: line.reduce(0) { extreme($0, abs($1), isLarger: true) }
    case -.infinity: line.reduce(.infinity) { extreme($0, abs($1), isLarger: false) }
    default: pow(line.reduce(0) { $0 + pow(abs($1), order) }, 1 / order)
    }
  }

  private static func variance(
    _ line: UnsafeBufferPointer<Double>, _ correction: Double
  ) -> Double {
    let mean = line.reduce(0, +) / Double(line.count)
    let squares = line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return squares / max(0, Double(line.count) - correction)
  }
}
