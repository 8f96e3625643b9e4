import DBNPlatform
import DBNTensors

/// Reads arrays at positions between their elements.
///
/// Source: `aten/src/ATen/native/GridSampler.h` and `GridSampler.cpp`.
struct GridSampler {
  private let attributes: Operation.GridSample
  private let input: DenseArray
  private let grid: DenseArray
  /// The spatial sizes of the input, and the strides of these dimensions.
  private let sizes: [Int]
  private let strides: [Int]

  init(_ attributes: Operation.GridSample, _ input: DenseArray, _ grid: DenseArray) {
    self.attributes = attributes
    self.input = input
    self.grid = grid
    sizes = [Int](input.shape.dropFirst(2))
    strides = sizes.strides
  }

  func output(to shape: [Int]) throws(CheckpointError) -> DenseArray {
    let (channels, positions, plane) = (
      shape[1], shape[2...].reduce(1, *), sizes.reduce(1, *)
    )
    // The positions along the last dimension but one share a thread.
    let row = shape[shape.count - 1]
    let rows = row == 0 ? 0 : positions / row
    return try DenseArray(shape: shape) { output throws(CheckpointError) in
      try concurrentForEach(shape[0] * rows) { index in
        let (sample, first) = (index / rows, index % rows * row)
        for position in first..<first + row {
          let taps = taps(at: sample * positions + position)
          for channel in sample * channels..<(sample + 1) * channels {
            output[channel * positions + position] = taps.reduce(0) {
              $0 + $1.weight * input.values[channel * plane + $1.offset]
            }
          }
        }
      }
    }
  }

  private typealias Tap = (offset: Int, weight: Double)

  /// The elements of a channel that a position is computed of.
  private func taps(at position: Int) -> [Tap] {
    var taps: [Tap] = [(0, 1)]
    for axis in sizes.indices {
      // The grid has the last dimension's coordinate first.
      let coordinate = grid.values[(position + 1) * sizes.count - 1 - axis]
      guard let along = self.taps(at: coordinate, size: sizes[axis]) else { return [(0, .nan)] }
      taps = taps.flatMap { outer in
        along.map { (outer.offset + $0.offset * strides[axis], outer.weight * $0.weight) }
      }
    }
    return taps
  }

  /// The indices along one axis that an element at a coordinate is computed of, without those that
  /// are 0; nil if the element is not a number.
  private func taps(at coordinate: Double, size: Int) -> [Tap]? {
    let position =
      attributes.alignsCorners
      ? (coordinate + 1) / 2 * Double(size - 1) : ((coordinate + 1) * Double(size) - 1) / 2
    if attributes.mode == .cubic { return cubicTaps(at: position, size: size) }
    let inside = padded(position, size: size)
    // What is further outside is as far from every element.
    let bounded = min(max(inside, -2), Double(size) + 1)
    if attributes.mode == .nearest {
      let index = bounded.isNaN ? -1 : Int(bounded.rounded(.toNearestOrEven))
      return 0..<size ~= index ? [(index, 1)] : []
    }
    guard inside.isFinite else { return nil }
    let first = Int(bounded.rounded(.down))
    let fraction = bounded - Double(first)
    return [(first, 1 - fraction), (first + 1, fraction)].filter { 0..<size ~= $0.0 }
  }

  private func cubicTaps(at position: Double, size: Int) -> [Tap]? {
    guard position.isFinite else { return nil }
    let first = position.rounded(.down)
    return cubicWeights(position - first).enumerated().compactMap { index, weight in
      let place = padded(first + Double(index) - 1, size: size)
      return 0...Double(size - 1) ~= place ? (Int(place), weight) : nil
    }
  }

  /// The position inside the input, unless what is outside is 0.
  private func padded(_ position: Double, size: Int) -> Double {
    switch attributes.padding {
    case .zeros: position
    case .border: clipped(position, size)
    case .reflection: clipped(reflected(position, size), size)
    }
  }

  /// NaN becomes 0, as in PyTorch.
  private func clipped(_ position: Double, _ size: Int) -> Double {
    position > 0 ? min(position, Double(size - 1)) : 0
  }

  /// Reflected at the centers of the outermost elements, or at their edges.
  private func reflected(_ position: Double, _ size: Int) -> Double {
    let low = attributes.alignsCorners ? 0 : -0.5
    let span = attributes.alignsCorners ? Double(size - 1) : Double(size)
    if span == 0 { return 0 }
    let distance = abs(position - low)
    let rest = fmod(distance, span)
    let isReversed = (distance / span).rounded(.down).truncatingRemainder(dividingBy: 2) != 0
    return isReversed ? span - rest + low : rest + low
  }
}
