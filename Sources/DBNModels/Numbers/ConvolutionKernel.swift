import DBNTensors

/// A convolution of 1, 2 or 3 spatial dimensions: `torch.nn.functional.conv2d` and its relatives.
///
/// The inputs of eight neighbouring outputs are gathered once and multiplied with every filter:
/// eight sums at a time, each in the order of the filter's weights.
struct ConvolutionKernel {
  private static let width = 8

  private let input: DenseArray
  private let weight: DenseArray
  private let bias: DenseArray?
  private let outputShape: [Int]
  private let attributes: Operation.Convolution

  private var samples: Int { outputShape[0] }
  private var filters: Int { outputShape[1] }
  private var filtersPerGroup: Int { filters / attributes.groups }
  private var channelsPerGroup: Int { weight.shape[1] }
  private var positions: Int { outputShape[2...].reduce(1, *) }
  /// The number of elements of a filter in one channel.
  private var spatialTaps: Int { weight.shape[2...].reduce(1, *) }
  private var plane: Int { input.shape[2...].reduce(1, *) }

  init(
    _ attributes: Operation.Convolution, _ input: DenseArray, _ weight: DenseArray,
    _ bias: DenseArray?, to outputShape: [Int]
  ) {
    self.attributes = attributes
    self.input = input
    self.weight = weight
    self.bias = bias
    self.outputShape = outputShape
  }

  func output() throws(CheckpointError) -> DenseArray {
    let tiles = (positions + Self.width - 1) / Self.width
    // If there are few tiles, the filters of each are divided among threads too.
    let parts = tiles < 16 ? min(4, filtersPerGroup) : 1
    return try DenseArray(shape: outputShape) { output throws(CheckpointError) in
      try concurrentForEach(tiles * parts) { index in
        let (tile, part) = index.quotientAndRemainder(dividingBy: parts)
        let share =
          filtersPerGroup * part / parts..<filtersPerGroup * (part + 1) / parts
        compute(tile * Self.width, share, output)
      }
    }
  }

  /// Computes some filters of each group at eight outputs, for all samples.
  private func compute(_ first: Int, _ share: Range<Int>, _ output: DisjointWriter) {
    let places = places(from: first)
    let taps = channelsPerGroup * spatialTaps
    let gathered = UnsafeMutablePointer<Double>.allocate(capacity: taps * Self.width)
    gathered.initialize(repeating: 0, count: taps * Self.width)
    defer { gathered.deallocate() }
    withPointers(input, weight) { inputs, weights in
      for sample in 0..<samples {
        for group in 0..<attributes.groups {
          let channel = sample * input.shape[1] + group * channelsPerGroup
          gather(inputs + channel * plane, places, into: gathered)
          for filter in share.shifted(by: group * filtersPerGroup) {
            let place = (sample * filters + filter) * positions + first
            multiply(gathered, weights + filter * taps, taps, filter, place, first, output)
          }
        }
      }
    }
  }

  /// For each element of a filter and each of eight outputs: the index of the corresponding input
  /// in a channel's plane; -1 in the padding.
  private func places(from first: Int) -> [Int] {
    let kernel = weight.shape[2...].map(\.self)
    let spatial = input.shape[2...].map(\.self)
    var places: [Int] = []
    places.reserveCapacity(spatialTaps * Self.width)
    let corners = (0..<Self.width).map { corner(of: min(first + $0, positions - 1)) }
    for tap in 0..<spatialTaps {
      let offsets = Self.coordinates(of: tap, in: kernel)
      for corner in corners {
        var place = 0
        for axis in spatial.indices {
          let coordinate = corner[axis] + offsets[axis] * attributes.dilation[axis]
          if coordinate < 0 || coordinate >= spatial[axis] {
            place = -1
            break
          }
          place = place * spatial[axis] + coordinate
        }
        places.append(place)
      }
    }
    return places
  }

  /// The start of an output's window along each axis, which may be in the padding.
  private func corner(of position: Int) -> [Int] {
    let coordinates = Self.coordinates(of: position, in: outputShape[2...].map(\.self))
    return coordinates.indices.map {
      coordinates[$0] * attributes.stride[$0] - attributes.padding[$0]
    }
  }

  private static func coordinates(of index: Int, in shape: [Int]) -> [Int] {
    var rest = index
    var coordinates = shape
    for axis in shape.indices.reversed() {
      coordinates[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    return coordinates
  }

  /// Gathers the inputs for each weight at eight outputs; zero in the padding.
  private func gather(
    _ input: UnsafePointer<Double>, _ places: [Int], into gathered: UnsafeMutablePointer<Double>
  ) {
    let (count, plane) = (places.count, plane)
    places.withUnsafeBufferPointer { places in
      guard let places = places.baseAddress else { return }
      var (target, source) = (gathered, input)
      for _ in 0..<channelsPerGroup {
        var index = 0
        while index < count {
          let place = places[index]
          target[index] = place < 0 ? 0 : source[place]
          index &+= 1
        }
        target += count
        source += plane
      }
    }
  }

  /// Keeps eight sums in separate variables instead of a SIMD vector: sixty times faster without
  /// optimisation, and equally fast with it.
  private func multiply(
    _ gathered: UnsafePointer<Double>, _ weights: UnsafePointer<Double>, _ taps: Int,
    _ filter: Int, _ place: Int, _ first: Int, _ output: DisjointWriter
  ) {
    var (sum0, sum1, sum2, sum3) = (0.0, 0.0, 0.0, 0.0)
    var (sum4, sum5, sum6, sum7) = (0.0, 0.0, 0.0, 0.0)
    var (inputs, tap) = (gathered, 0)
    while tap < taps {
      let weight = weights[tap]
      sum0 += inputs[0] * weight
      sum1 += inputs[1] * weight
      sum2 += inputs[2] * weight
      sum3 += inputs[3] * weight
      sum4 += inputs[4] * weight
      sum5 += inputs[5] * weight
      sum6 += inputs[6] * weight
      sum7 += inputs[7] * weight
      inputs += Self.width
      tap &+= 1
    }
    let shift = bias?.values[filter] ?? 0
    let sums = (sum0, sum1, sum2, sum3, sum4, sum5, sum6, sum7)
    withUnsafeBytes(of: sums) { bytes in
      let sums = bytes.assumingMemoryBound(to: Double.self)
      for lane in 0..<min(Self.width, positions - first) {
        output[place + lane] = sums[lane] + shift
      }
    }
  }
}

extension Range<Int> {
  fileprivate func shifted(by distance: Int) -> Range<Int> {
    lowerBound + distance..<upperBound + distance
  }
}
