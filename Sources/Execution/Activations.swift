/// What flows between layers, as the reference engine holds it: N samples of C features of P
/// positions (a pixel, a time step), row-major, in Float64.
public struct Activations: Sendable, Equatable {
  public let samples: Int
  public let features: Int
  public let positions: Int
  /// N x C x P.
  public var values: [Double]

  public init(samples: Int, features: Int, positions: Int, values: [Double]) {
    precondition(values.count == samples * features * positions)
    self.samples = samples
    self.features = features
    self.positions = positions
    self.values = values
  }

  /// Where the values of one feature of one sample lie.
  func range(sample: Int, feature: Int) -> Range<Int> {
    let start = (sample * features + feature) * positions
    return start..<start + positions
  }

  /// The consecutive samples of a slice, as a mini-batch of their own.
  public func slice(_ range: Range<Int>) -> Activations {
    let stride = features * positions
    return Activations(
      samples: range.count, features: features, positions: positions,
      values: Array(values[range.lowerBound * stride..<range.upperBound * stride]))
  }
}
