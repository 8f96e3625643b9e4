import DBNPlatform

/// Source: `aten/src/ATen/native/UpSample.h`, and the helpers of `cpu/UpSampleKernel.cpp`.
extension Resampling {
  /// The interpolation of an axis; nil if it stays as it is.
  init?(
    _ interpolation: Operation.Interpolation, _ inputSize: Int, to outputSize: Int, scale: Double?
  ) {
    let mode = interpolation.mode
    let step = interpolation.step(inputSize, to: outputSize, scale: scale)
    if interpolation.antialiases {
      self.init(averaging: inputSize, to: outputSize, step, mode)
      return
    }
    if inputSize == outputSize && mode != .cubic { return nil }
    let position = Self.positions(step, interpolation.alignsCorners)
    switch mode {
    case .nearest:
      self.init(copying: inputSize, to: outputSize) {
        Self.nearest(Float($0) * Float(step), inputSize)
      }
    case .nearestExact:
      self.init(copying: inputSize, to: outputSize) {
        Self.nearest(Float((Double($0) + 0.5) * Double(Float(step)) - 0.5) + 0.5, inputSize)
      }
    case .linear:
      self.init(inputSize, to: outputSize, taps: 2) { index in
        let position = max(position(index), 0)
        let first = min(Int(position), inputSize - 1)
        let weight = min(max(position - Double(first), 0), 1)
        return [(first, 1 - weight), (min(first + 1, inputSize - 1), weight)]
      }
    case .cubic, .lanczos:
      self.init(inputSize, to: outputSize, taps: 4) { index in
        let position = position(index)
        let first = min(Int(position.rounded(.down)), inputSize - 1)
        let weights = cubicWeights(min(max(position - Double(first), 0), 1))
        return (0..<4).map { (min(max(first + $0 - 1, 0), inputSize - 1), weights[$0]) }
      }
    }
  }

  /// The index at a position, which PyTorch computes in float32 for float32 tensors: in Float64 some
  /// would be rounded down to another index.
  private static func nearest(_ position: Float, _ size: Int) -> Int {
    min(Int(position.rounded(.down)), size - 1)
  }

  /// The position of a new element among the old ones.
  private static func positions(_ step: Double, _ alignsCorners: Bool) -> (Int) -> Double {
    alignsCorners ? { step * Double($0) } : { step * (Double($0) + 0.5) - 0.5 }
  }

  /// Each new element is an average over the old ones in a window around its position.
  private init(
    averaging inputSize: Int, to outputSize: Int, _ step: Double,
    _ mode: Operation.Interpolation.Mode
  ) {
    let width = max(step, 1)
    let support = width * mode.reach
    let taps = min(Int(support.rounded(.up)) * 2 + 1, inputSize)
    self.init(inputSize, to: outputSize, taps: taps) { index in
      let center = step * (Double(index) + 0.5)
      let first = max(Int(center - support + 0.5), 0)
      let end = min(Int(center + support + 0.5), inputSize, first + taps)
      let weights = (first..<end).map { mode.weight(abs((Double($0) - center + 0.5) / width)) }
      let sum = weights.reduce(0, +)
      return zip(first..<end, weights).map { ($0, $1 / sum) }
    }
  }
}

extension Operation.Interpolation.Mode {
  /// The largest distance at which an element has a weight, without scaling.
  fileprivate var reach: Double {
    switch self {
    case .nearest, .nearestExact, .linear: 1
    case .cubic: 2
    case .lanczos: 3
    }
  }

  /// The weight of an element at a distance, if elements are averaged.
  fileprivate func weight(_ distance: Double) -> Double {
    switch self {
    case .nearest, .nearestExact, .linear: max(1 - distance, 0)
    case .cubic: cubicWeight(distance, -0.5)
    case .lanczos: distance < 3 ? sinc(distance) * sinc(distance / 3) : 0
    }
  }
}

/// `sin(pi * x) / (pi * x)`
private func sinc(_ x: Double) -> Double {
  x == 0 ? 1 : sin(.pi * x) / (.pi * x)
}

extension Operation.Interpolation {
  /// The distance between the positions of two neighbouring new elements.
  fileprivate func step(_ inputSize: Int, to outputSize: Int, scale: Double?) -> Double {
    if alignsCorners {
      return outputSize > 1 ? Double(inputSize - 1) / Double(outputSize - 1) : 0
    }
    guard let scale, scale > 0 else { return Double(inputSize) / Double(outputSize) }
    return 1 / scale
  }
}

/// The weights of four neighbours of a position that is `fraction` after the second.
func cubicWeights(_ fraction: Double) -> [Double] {
  [fraction + 1, fraction, 1 - fraction, 2 - fraction].map { cubicWeight($0, -0.75) }
}

/// The weight of an element at a distance, by cubic convolution.
///
/// Source: Keys, Cubic convolution interpolation for digital image processing (1981).
private func cubicWeight(_ x: Double, _ a: Double) -> Double {
  if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
}
