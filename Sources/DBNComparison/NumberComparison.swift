public import DBNTensors

/// How far apart two sequences of numbers are.
public struct NumberComparison: Sendable {
  /// The index and the two values where they first differ by more than the tolerance.
  public struct Difference: Sendable, Equatable {
    /// The index of the first numbers that differ.
    public let index: Int
    /// The first sequence's number.
    public let a: Double
    /// The second sequence's number.
    public let b: Double
  }

  /// How far apart two numbers may be and still count as equal:
  /// |a - b| <= absolute + relative * |b|, as `torch.allclose`.
  public struct Tolerance: Sendable {
    /// How far apart two numbers may be, whatever their size.
    public var absolute: Double
    /// How far apart two numbers may be, as a fraction of the second one's magnitude.
    public var relative: Double

    /// Makes a tolerance; without arguments numbers must be equal.
    public init(absolute: Double = 0, relative: Double = 0) {
      self.absolute = absolute
      self.relative = relative
    }

    /// Whether there is no tolerance, so that bits are compared.
    public var isExact: Bool { absolute == 0 && relative == 0 }

    /// Whether a distance is within the tolerance; an infinite one never is.
    func contains(_ distance: Double, from b: Double) -> Bool {
      distance == 0 || (distance.isFinite && distance <= limit(at: b))
    }

    /// The largest distance from this number that still counts as equal.
    func limit(at b: Double) -> Double { absolute + relative * abs(b) }
  }

  /// The largest |a - b|; infinite if one is NaN or infinite and the other is not the same.
  public private(set) var maxAbsolute = 0.0
  /// The largest finite magnitude of the second sequence's numbers.
  public private(set) var largestMagnitude = 0.0
  /// The largest |a - b|, as a fraction of the distance that the tolerance allows at that b: 1 is
  /// the limit. Infinite if numbers differ and there is no tolerance.
  public private(set) var shareOfTolerance = 0.0
  /// The largest number of steps between neighbouring values of the scalar type from a to b.
  public private(set) var maxULP = 0
  /// Whether all numbers have the same bits: 0 and -0 don't, two NaNs do.
  public private(set) var isBitIdentical = true
  /// The sums that `relativeError`, `cosineSimilarity` and `signalToNoise` are computed from.
  private(set) var sums = SquareSums()
  /// The first two numbers that are further apart than the tolerance; nil if there are none.
  public private(set) var firstDifference: Difference?

  /// The largest |a - b| as a fraction of the largest |b|: a distance from a number near zero
  /// counts as much as any other. 0 if there is no distance.
  public var maxRelative: Double { maxAbsolute == 0 ? 0 : maxAbsolute / largestMagnitude }

  /// Whether no two numbers are further apart than the tolerance.
  public var isWithinTolerance: Bool { firstDifference == nil }

  /// Compares at the precision of the values; ULPs are counted after rounding to `scalarType`
  /// (float64, or float32 for every other).
  ///
  /// - Parameter first: the index of the first numbers.
  public init(
    _ a: [Double], _ b: [Double], at first: Int = 0, ulpsOf scalarType: ScalarType,
    tolerance: Tolerance = Tolerance()
  ) {
    precondition(a.count == b.count)
    for index in a.indices { compare(first + index, a[index], b[index], scalarType, tolerance) }
  }

  private mutating func compare(
    _ index: Int, _ a: Double, _ b: Double, _ scalarType: ScalarType, _ tolerance: Tolerance
  ) {
    if b.isFinite { largestMagnitude = max(largestMagnitude, abs(b)) }
    sums.add(a, b)
    guard a.bitPattern != b.bitPattern, !(a.isNaN && b.isNaN) else { return }
    isBitIdentical = false
    let distance = a == b ? 0 : (a.isFinite && b.isFinite ? abs(a - b) : .infinity)
    maxAbsolute = max(maxAbsolute, distance)
    if distance > 0 { shareOfTolerance = max(shareOfTolerance, distance / tolerance.limit(at: b)) }
    maxULP = max(maxULP, scalarType == .float64 ? a.ulps(to: b) : Float(a).ulps(to: Float(b)))
    if firstDifference == nil, !tolerance.contains(distance, from: b) {
      firstDifference = Difference(index: index, a: a, b: b)
    }
  }

  /// Adds the result of comparing other numbers.
  ///
  /// - Parameter addsSums: whether they count in `relativeError`, `cosineSimilarity` and
  ///   `signalToNoise`; false for numbers of another kind, which would outweigh the rest or vanish
  ///   in it.
  public mutating func formUnion(_ other: NumberComparison, addsSums: Bool = true) {
    maxAbsolute = max(maxAbsolute, other.maxAbsolute)
    largestMagnitude = max(largestMagnitude, other.largestMagnitude)
    shareOfTolerance = max(shareOfTolerance, other.shareOfTolerance)
    maxULP = max(maxULP, other.maxULP)
    if addsSums { sums.formUnion(other.sums) }
    isBitIdentical = isBitIdentical && other.isBitIdentical
    firstDifference = firstDifference ?? other.firstDifference
  }
}

extension BinaryFloatingPoint where Self: FloatWithBitPattern {
  /// The number of steps between neighbouring representable values from one to the other; `Int.max`
  /// if one is NaN.
  func ulps(to other: Self) -> Int {
    if isNaN || other.isNaN { return .max }
    let (distance, overflow) = orderedBits.subtractingReportingOverflow(other.orderedBits)
    return overflow || distance == .min ? .max : abs(distance)
  }
}

/// Floats whose bits, read as an integer, are in the order of their values.
protocol FloatWithBitPattern {
  /// An integer such that neighbouring values have neighbouring integers; 0 for both zeros.
  var orderedBits: Int { get }
}

extension Float: FloatWithBitPattern {
  var orderedBits: Int {
    let magnitude = Int(bitPattern & 0x7FFF_FFFF)
    return sign == .minus ? -magnitude : magnitude
  }
}

extension Double: FloatWithBitPattern {
  var orderedBits: Int {
    let magnitude = Int(bitPattern & 0x7FFF_FFFF_FFFF_FFFF)
    return sign == .minus ? -magnitude : magnitude
  }
}
