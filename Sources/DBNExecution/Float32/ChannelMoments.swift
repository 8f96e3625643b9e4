/// The mean and the variance of a channel's Float32 values, computed in one pass.
///
/// Values are summed in Float32, in sixteen SIMD lanes and blocks of at most 1024, as differences
/// from a shift: the mean of the values before. Block sums are added in Float64, and blocks are
/// merged by Chan's formula. So the relative rounding error in a block's sum of squared differences
/// is about 1e-7, and these sums add up to at most twice the sum of squares of the variance itself,
/// however far the mean is from zero and the samples from each other.
///
/// Source: Chan, Golub, LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
/// Variances" (1979).
struct ChannelMoments {
  private static let blockLimit = 1024

  private var count = 0.0
  private(set) var mean = 0.0
  private var squares = 0.0
  /// The values that are not merged yet: their count, and the sums of their differences from the
  /// shift and of the differences' squares.
  private var pending = (count: 0.0, sum: 0.0, squares: 0.0)
  private var shift: Float = 0

  /// The biased variance.
  var variance: Double { squares / count }

  /// Adds the values of one sample.
  mutating func add(_ values: UnsafePointer<Float>, count: Int) {
    if self.count + pending.count == 0 { shift = Self.firstShift(values, count) }
    var start = 0
    while start < count {
      let length = min(count - start, Self.blockLimit)
      addBlock(values + start, count: length)
      start += length
      if pending.count >= Double(Self.blockLimit / 2) { join() }
    }
  }

  /// Merges the pending values. Must be called after the last sample.
  mutating func join() {
    guard pending.count > 0 else { return }
    let total = count + pending.count
    let difference = Double(shift) + pending.sum / pending.count - mean
    let inner = pending.squares - pending.sum * pending.sum / pending.count
    // Negative only through rounding; NaN stays NaN.
    squares += inner < 0 ? 0 : inner
    squares += difference * difference * count * pending.count / total
    mean += difference * pending.count / total
    count = total
    pending = (0, 0, 0)
    shift = Float(mean)
  }

  private mutating func addBlock(_ values: UnsafePointer<Float>, count: Int) {
    let vectorShift = FloatVector(repeating: shift)
    var (sums, squares) = (FloatVector(), FloatVector())
    var index = 0
    while index + FloatVector.scalarCount <= count {
      let difference = values.vector(at: index) - vectorShift
      sums += difference
      squares += difference * difference
      index += FloatVector.scalarCount
    }
    for lane in 0..<FloatVector.scalarCount {
      pending.sum += Double(sums[lane])
      pending.squares += Double(squares[lane])
    }
    while index < count {
      let difference = Double(values[index]) - Double(shift)
      pending.sum += difference
      pending.squares += difference * difference
      index += 1
    }
    pending.count += Double(count)
  }

  /// The mean of the first values, as a shift that is close enough to the others.
  private static func firstShift(_ values: UnsafePointer<Float>, _ count: Int) -> Float {
    let count = min(count, 64)
    var sum = 0.0
    for index in 0..<count { sum += Double(values[index]) }
    return Float(sum / Double(count))
  }
}

/// Sixteen numbers: four registers of baseline x86-64, one of AVX-512.
typealias FloatVector = SIMD16<Float>

extension UnsafePointer<Float> {
  @inline(__always)
  func vector(at index: Int) -> FloatVector {
    UnsafeRawPointer(self + index).loadUnaligned(as: FloatVector.self)
  }
}
