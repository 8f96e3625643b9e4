import DBNComparison
import DBNPlatform

/// An axis that maps numbers to positions along the width of a plot, in percent.
struct Axis: Sendable {
  /// A tick with a line and a text.
  struct Tick: Sendable {
    let place: Double
    let text: String
  }

  /// The ends of the axis; logarithms if it is logarithmic.
  private let lower: Double
  private let upper: Double
  private let isLogarithmic: Bool
  let ticks: [Tick]

  /// - Parameter ticks: in the units of the ends, each with its text.
  private init(_ lower: Double, _ upper: Double, isLogarithmic: Bool, ticks: [(Double, String)]) {
    self.lower = lower
    self.upper = upper
    self.isLogarithmic = isLogarithmic
    self.ticks = ticks.map { value, text in
      Tick(place: (value - lower) / (upper - lower) * 100, text: text)
    }
  }

  /// The position, 0 ... 100; numbers beyond the ends are at the ends.
  func place(of value: Double) -> Double {
    let position = isLogarithmic ? log10(value) : value
    return min(100, max(0, (position - lower) / (upper - lower) * 100))
  }

  /// A logarithmic axis wide enough that even the smallest number has a visible bar; zero, infinite
  /// and NaN numbers have no position on it.
  static func decades(of values: [Double]) -> Axis {
    let places = values.filter { $0 > 0 && $0.isFinite }.map { log10($0) }
    let lower = (places.min() ?? -16).rounded(.up) - 1
    let upper = max((places.max() ?? 0).rounded(.up), lower + 2)
    let step = max(1, ((upper - lower) / 5).rounded(.up))
    let ticks = stride(from: lower, through: upper, by: step).map { exponent in
      (exponent, "1e\(Int(exponent))")
    }
    return Axis(lower, upper, isLogarithmic: true, ticks: ticks)
  }

  /// A logarithmic axis of ratios that includes 1.
  static func ratios(of values: [Double]) -> Axis {
    let finite = values.filter { $0 > 0 && $0.isFinite } + [1]
    let lower = log10(min(finite.reduce(1, min), 0.6)) - 0.06
    let upper = log10(max(finite.reduce(1, max), 1.7)) + 0.06
    let exponents = Int(lower.rounded(.down))...Int(upper.rounded(.up))
    let marks = exponents.flatMap { exponent in
      (exponents.count > 4 ? [1.0] : [1, 2, 5]).map { Double(exponent) + log10($0) }
    }
    let inside = marks.filter { lower <= $0 && $0 <= upper }
    let step = max(1, (inside.count + 5) / 6)
    // Ticks are counted from 1, which must have one.
    let one = inside.firstIndex(of: 0) ?? 0
    let ticks = inside.enumerated().filter { ($0.offset - one) % step == 0 }
      .map { ($0.element, pow(10, $0.element).brief) }
    return Axis(lower, upper, isLogarithmic: true, ticks: ticks)
  }

  /// An axis from 0 to 100 %.
  static let shares = Axis(
    0, 1, isLogarithmic: false,
    ticks: [(0, "0 %"), (0.25, "25 %"), (0.5, "50 %"), (0.75, "75 %"), (1, "100 %")])

  /// An axis from 0 to a round number, at least the largest.
  static func linear(to values: [Double]) -> Axis {
    let largest = values.filter(\.isFinite).max() ?? 0
    guard (1e-300...1e300).contains(largest) else {
      // Round numbers near these would be zero or infinite.
      let end = largest > 0 ? largest : 1
      return Axis(0, end, isLogarithmic: false, ticks: [(0, "0"), (end, end.brief)])
    }
    let unit = pow(10, (log10(largest / 5)).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * unit }.first { $0 * 5 >= largest } ?? unit * 10
    let count = Int((largest / step).rounded(.up))
    let ticks = (0...max(1, count)).map { (Double($0) * step, (Double($0) * step).brief) }
    return Axis(0, ticks.last?.0 ?? 1, isLogarithmic: false, ticks: ticks)
  }
}

/// A tick as it is drawn.
struct PlacedTick: Sendable {
  let tickPlace: String
  let tickText: String
  let tickAnchor: String
  let tickBottom: Int

  init(_ tick: Axis.Tick, bottom: Int) {
    tickPlace = tick.place.coordinate
    tickText = tick.text
    tickAnchor = tick.place < 3 ? "start" : tick.place > 97 ? "end" : "middle"
    tickBottom = bottom
  }
}
