import DBNModels

/// How BatchNorm changes the values of a channel: (x - center) * scale + shift.
///
/// The mean is subtracted first, and its rounding error in Float32 goes into the shift: folding
/// both into one product and one sum would lose digits if the mean is far from zero.
struct ChannelScaling {
  private let center: Float
  private let scale: Float
  private let shift: Float

  init(_ module: BatchNormModule, feature: Int, mean: Double, variance: Double) {
    let scale = (module.weight?[feature] ?? 1) / (variance + module.norm.eps).squareRoot()
    center = Float(mean)
    self.scale = Float(scale)
    shift = Float((module.bias?[feature] ?? 0) + (Double(center) - mean) * scale)
  }

  /// - Parameter output: where the results go; may be the input.
  func apply(
    _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, count: Int
  ) {
    let vectorCenter = FloatVector(repeating: center)
    let vectorScale = FloatVector(repeating: scale)
    let vectorShift = FloatVector(repeating: shift)
    var index = 0
    while index + FloatVector.scalarCount <= count {
      let result = (input.vector(at: index) - vectorCenter) * vectorScale + vectorShift
      UnsafeMutableRawPointer(output + index).storeBytes(of: result, as: FloatVector.self)
      index += FloatVector.scalarCount
    }
    while index < count {
      output[index] = (input[index] - center) * scale + shift
      index += 1
    }
  }
}
