/// What flows between layers, as the reference engine holds it: N samples of C features of P
/// positions (a pixel, a time step), row-major, in Float64.
public struct Activations: Sendable, Equatable {
  /// N.
  public let samples: Int
  /// C.
  public let features: Int
  /// P: the product of all other dimensions.
  public let positions: Int
  /// N x C x P.
  public var values: [Double]

  /// Makes the values of N samples; there must be N x C x P of them.
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

  /// Some of the samples, such as the slice of a device, as a mini-batch of their own.
  public func slice(_ slice: some Collection<Int>) -> Activations {
    let stride = features * positions
    var values: [Double] = []
    values.reserveCapacity(slice.count * stride)
    for sample in slice { values += self.values[sample * stride..<(sample + 1) * stride] }
    return Activations(
      samples: slice.count, features: features, positions: positions, values: values)
  }
}
