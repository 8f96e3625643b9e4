public import DBNTensors

/// What the numbers of a tensor are like: computed in Float64, in one pass.
public struct TensorStatistics: Sendable, Hashable {
  /// The number of finite numbers, which minimum, maximum, mean and deviation are of.
  public private(set) var finiteCount = 0
  /// The number of infinite numbers and NaNs.
  public private(set) var notFiniteCount = 0
  /// The number of zeros.
  public private(set) var zeroCount = 0
  /// The smallest number; infinity if none is finite.
  public private(set) var minimum = Double.infinity
  /// The largest number; minus infinity if none is finite.
  public private(set) var maximum = -Double.infinity
  /// The mean; 0 if no number is finite.
  public private(set) var mean = 0.0
  private var squares = 0.0

  /// Reads all numbers of a tensor.
  ///
  /// - Throws: `unsupportedScalarType` unless the elements are real numbers; `checksumMismatch`.
  public init(_ tensor: Tensor) throws(CheckpointError) {
    var statistics = Self()
    try tensor.readNumbers { _, numbers in
      for number in numbers { statistics.add(number) }
    }
    self = statistics
  }

  private init() {}

  /// The standard deviation of the finite numbers, with N as the divisor.
  public var standardDeviation: Double {
    finiteCount > 0 ? (squares / Double(finiteCount)).squareRoot() : 0
  }

  /// Welford's update, which loses no digits to a large mean.
  private mutating func add(_ number: Double) {
    guard number.isFinite else { return notFiniteCount += 1 }
    finiteCount += 1
    if number == 0 { zeroCount += 1 }
    minimum = min(minimum, number)
    maximum = max(maximum, number)
    let distance = number - mean
    mean += distance / Double(finiteCount)
    squares += distance * (number - mean)
  }
}
