import DBNTensors

/// The preprocessing of stored numbers: they are divided, then each channel's mean is subtracted,
/// then the result is divided by its standard deviation.
///
/// It is done in Float32 with a rounding after each step, as in torchvision's `ToTensor` and
/// `Normalize`, so that a model's inputs have the same bits; in Float64 for samples stored as such.
public struct InputScaling: Sendable, Equatable {
  /// The divisor of every number: 255 for images in bytes.
  public var divisor: Double
  /// The mean for each channel, or one for all; empty to subtract nothing.
  public var mean: [Double]
  /// The standard deviation for each channel, or one for all; empty to skip the division.
  public var deviation: [Double]

  /// Makes a scaling: x / divisor, then (x - mean) / deviation for each channel.
  public init(divisor: Double = 1, mean: [Double] = [], deviation: [Double] = []) {
    self.divisor = divisor
    self.mean = mean
    self.deviation = deviation
  }

  /// Whether numbers stay unchanged.
  public var isIdentity: Bool { divisor == 1 && mean.isEmpty && deviation.isEmpty }

  /// - Throws: `invalidSamples` for invalid numbers, or as many as are neither 1 nor the channels.
  func validate(channels: Int) throws(CheckpointError) {
    guard divisor.isFinite, divisor != 0, mean.allSatisfy(\.isFinite),
      deviation.allSatisfy({ $0.isFinite && $0 > 0 })
    else {
      throw .samples(
        nil, "the samples cannot be scaled by these numbers",
        advice: "give a finite divisor other than 0, finite means, and finite standard deviations "
          + "above 0")
    }
    for (name, values) in [("means", mean), ("standard deviations", deviation)]
    where values.count > 1 && values.count != channels {
      throw .samples(
        nil, "\(values.count) \(name) don't fit \(channels) channels",
        advice: "give one for all channels, or one for each")
    }
  }

  /// The numbers of samples [N, C, ...], or [N], scaled.
  func scaled<Number: BinaryFloatingPoint>(_ values: [Number], shape: [Int]) -> [Double] {
    let channels = shape.count > 1 ? shape[1] : 1
    let positions = shape.dropFirst(2).reduce(1, *)
    let means = Self.numbers(mean, for: channels) as [Number]?
    let deviations = Self.numbers(deviation, for: channels) as [Number]?
    let divisor = Number(self.divisor)
    return values.indices.map { index in
      let channel = index / positions % channels
      var value = divisor == 1 ? values[index] : values[index] / divisor
      if let means { value -= means[channel] }
      if let deviations { value /= deviations[channel] }
      return Double(value)
    }
  }

  private static func numbers<Number: BinaryFloatingPoint>(
    _ values: [Double], for channels: Int
  ) -> [Number]? {
    if values.isEmpty { return nil }
    return (0..<channels).map { Number(values[values.count == 1 ? 0 : $0]) }
  }
}
