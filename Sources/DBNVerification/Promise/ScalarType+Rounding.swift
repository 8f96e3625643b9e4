import DBNTensors

/// Checks of rounding that use the neighbours of a stored number instead of rounding again.
extension ScalarType {
  /// Whether a stored number of this type is the correctly rounded one: nearest, ties to even (IEEE
  /// 754, section 4.3.1).
  ///
  /// - Parameter slack: the uncertainty of the number that was rounded; then any of the nearest is
  ///   accepted.
  func rounds(_ number: Double, to stored: Double, slack: Double = 0) -> Bool {
    if number.isNaN || stored.isNaN { return number.isNaN && stored.isNaN }
    if number.isInfinite { return stored == number }
    guard stored.isFinite else {
      return (number < 0) == (stored < 0) && abs(number) + slack >= firstInfinite
    }
    guard abs(number) - slack < firstInfinite else { return false }
    if stored == 0, slack == 0, stored.sign != number.sign { return false }
    let distance = abs(stored - number)
    let neighbours = neighbours(of: stored)
    let others = [neighbours.below, neighbours.above].map { abs($0 - number) }
    guard others.allSatisfy({ distance <= $0 + slack }) else { return false }
    return slack > 0 || isEven(stored) || !others.contains(distance)
  }

  /// The smallest number that rounds to infinity: half a step beyond the largest finite one.
  private var firstInfinite: Double {
    largest + (largest - neighbours(of: largest).below) / 2
  }

  private var largest: Double {
    switch self {
    case .float16: Double(Float16.greatestFiniteMagnitude)
    case .bfloat16: Double(Float(bitPattern: 0x7F7F_0000))
    case .float32: Double(Float.greatestFiniteMagnitude)
    default: .greatestFiniteMagnitude
    }
  }

  private func neighbours(of number: Double) -> (below: Double, above: Double) {
    switch self {
    case .float16: (Double(Float16(number).nextDown), Double(Float16(number).nextUp))
    case .bfloat16: (-brainFloat(after: -number), brainFloat(after: number))
    case .float32: (Double(Float(number).nextDown), Double(Float(number).nextUp))
    default: (number.nextDown, number.nextUp)
    }
  }

  /// The next bfloat16 above a number; a bfloat16 is the upper half of a float32's bits.
  private func brainFloat(after number: Double) -> Double {
    let bits = Float(number).bitPattern
    if number == 0 { return Double(Float(bitPattern: 0x1_0000)) }
    return Double(Float(bitPattern: number > 0 ? bits &+ 0x1_0000 : bits &- 0x1_0000))
  }

  private func isEven(_ number: Double) -> Bool {
    switch self {
    case .float16: Float16(number).bitPattern & 1 == 0
    case .bfloat16: Float(number).bitPattern >> 16 & 1 == 0
    case .float32: Float(number).bitPattern & 1 == 0
    default: number.bitPattern & 1 == 0
    }
  }
}
