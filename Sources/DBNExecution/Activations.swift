/// The values between layers in the reference engine: N samples of C features at P positions
/// (pixels, time steps), row-major, in Float64.
public struct Activations: Sendable, Equatable {
  /// N.
  public let samples: Int
  /// C.
  public let features: Int
  /// P: the product of all other dimensions.
  public let positions: Int
  /// N x C x P.
  public var values: [Double]

  /// Makes the activations of N samples; there must be N x C x P values.
  public init(samples: Int, features: Int, positions: Int, values: [Double]) {
    precondition(values.count == samples * features * positions)
    self.samples = samples
    self.features = features
    self.positions = positions
    self.values = values
  }

  /// The indices of the values of one feature in one sample.
  func range(sample: Int, feature: Int) -> Range<Int> {
    let start = (sample * features + feature) * positions
    return start..<start + positions
  }

  /// Some of the samples, such as a device's slice, as a separate mini-batch.
  public func slice(_ slice: some Collection<Int>) -> Activations {
    let stride = features * positions
    var values: [Double] = []
    values.reserveCapacity(slice.count * stride)
    for sample in slice { values += self.values[sample * stride..<(sample + 1) * stride] }
    return Activations(
      samples: slice.count, features: features, positions: positions, values: values)
  }
}
