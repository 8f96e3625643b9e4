import Models
import Tensors

/// A convolution of 1, 2 or 3 spatial dimensions, as `torch.nn.functional.conv2d` and its like.
///
/// The inputs of eight neighbouring outputs are gathered once and multiplied with every filter:
/// eight sums at a time, each in the order of the filter's weights.
struct Convolution {
  private static let width = 8

  private let attributes: Operation.Convolution
  private let input: DenseArray
  private let weight: DenseArray
  private let bias: DenseArray?
  private let outputSpatial: [Int]

  private var groups: Int { attributes.groups }
  private var filters: Int { weight.shape[0] }
  private var channelsPerGroup: Int { weight.shape[1] }
  private var positions: Int { outputSpatial.reduce(1, *) }
  /// The weights of one filter.
  private var taps: Int { weight.shape[1...].reduce(1, *) }

  init(
    _ attributes: Operation.Convolution, _ input: DenseArray, _ weight: DenseArray,
    _ bias: DenseArray?
  ) throws(CheckpointError) {
    let rank = input.shape.count - 2
    guard (1...3).contains(rank), weight.shape.count == rank + 2, attributes.groups > 0,
      input.shape[1] == weight.shape[1] * attributes.groups,
      weight.shape[0] % attributes.groups == 0, bias.map({ $0.shape == [weight.shape[0]] }) ?? true,
      [attributes.stride, attributes.padding, attributes.dilation].allSatisfy({ $0.count == rank })
    else {
      throw .shape(
        "an input \(input.shape) cannot be convolved with \(weight.shape) in "
          + "\(attributes.groups) groups")
    }
    self.attributes = attributes
    self.input = input
    self.weight = weight
    self.bias = bias
    outputSpatial = try (0..<rank).map { axis throws(CheckpointError) in
      try Window(attributes, kernel: weight.shape[2...].map(\.self), axis)
        .outputSize(of: input.shape[2 + axis])
    }
  }

  func output() throws(CheckpointError) -> DenseArray {
    let tiles = (positions + Self.width - 1) / Self.width
    let samples = input.shape[0]
    let offsets = tapOffsets()
    return try DenseArray(shape: [samples, filters] + outputSpatial) {
      output throws(CheckpointError) in
      // One piece of work: all tiles of a group of a sample, split where there are many.
      let parts = min(tiles, 4)
      try concurrentForEach(samples * groups * max(parts, 1)) { index in
        guard parts > 0 else { return }
        let (place, part) = index.quotientAndRemainder(dividingBy: parts)
        let (sample, group) = place.quotientAndRemainder(dividingBy: groups)
        var gathered = [SIMD8<Double>](repeating: .zero, count: taps)
        for tile in tiles * part / parts..<tiles * (part + 1) / parts {
          gather(sample, group, tile * Self.width, offsets, into: &gathered)
          multiply(sample, group, tile * Self.width, gathered, output)
        }
      }
    }
  }

  /// For each weight of a filter: its channel, and its place along each spatial axis.
  private func tapOffsets() -> [[Int]] {
    let kernel = Array(weight.shape[2...])
    return (0..<taps).map { tap in
      var rest = tap
      var places: [Int] = []
      for axis in kernel.indices.reversed() {
        places.insert(rest % kernel[axis] * attributes.dilation[axis], at: 0)
        rest /= kernel[axis]
      }
      return [rest] + places
    }
  }

  /// The inputs that each weight meets at eight neighbouring outputs; zero in the padding.
  private func gather(
    _ sample: Int, _ group: Int, _ first: Int, _ offsets: [[Int]],
    into gathered: inout [SIMD8<Double>]
  ) {
    let spatial = Array(input.shape[2...])
    let base = (sample * input.shape[1] + group * channelsPerGroup) * spatial.reduce(1, *)
    let corners = (0..<Self.width).map { lane in
      corner(of: min(first + lane, positions - 1))
    }
    input.values.withUnsafeBufferPointer { values in
      for (tap, offset) in offsets.enumerated() {
        var lanes = SIMD8<Double>.zero
        for lane in 0..<Self.width {
          var place = offset[0]
          var isInside = true
          for axis in spatial.indices {
            let coordinate = corners[lane][axis] + offset[axis + 1]
            isInside = isInside && coordinate >= 0 && coordinate < spatial[axis]
            place = place * spatial[axis] + coordinate
          }
          if isInside { lanes[lane] = values[base + place] }
        }
        gathered[tap] = lanes
      }
    }
  }

  /// Where the window of an output begins along each axis, which may be in the padding.
  private func corner(of position: Int) -> [Int] {
    var rest = position
    var corner = [Int](repeating: 0, count: outputSpatial.count)
    for axis in outputSpatial.indices.reversed() {
      corner[axis] =
        rest % outputSpatial[axis] * attributes.stride[axis] - attributes.padding[axis]
      rest /= outputSpatial[axis]
    }
    return corner
  }

  private func multiply(
    _ sample: Int, _ group: Int, _ first: Int, _ gathered: [SIMD8<Double>],
    _ output: DisjointWriter
  ) {
    let perGroup = filters / groups
    let lanes = min(Self.width, positions - first)
    weight.values.withUnsafeBufferPointer { weights in
      gathered.withUnsafeBufferPointer { gathered in
        for filter in group * perGroup..<(group + 1) * perGroup {
          var sum = SIMD8<Double>.zero
          let start = filter * taps
          for tap in 0..<taps { sum += gathered[tap] * weights[start + tap] }
          sum += bias?.values[filter] ?? 0
          let place = (sample * filters + filter) * positions + first
          for lane in 0..<lanes { output[place + lane] = sum[lane] }
        }
      }
    }
  }
}
