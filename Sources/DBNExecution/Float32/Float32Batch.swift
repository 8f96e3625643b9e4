import DBNBatchNorm
import DBNModels
import DBNTensors

/// A mini-batch of Float32 values [N, C, P] that a BatchNorm processes.
///
/// `@unchecked Sendable`: it is only passed to the threads of one `concurrentForEach`, each of
/// which reads and writes its own elements, while the caller holds both buffers.
struct Float32Batch: @unchecked Sendable {
  /// The bytes that a task processes at a time: few enough that values are still in a cache when
  /// they are normalised, many enough that the channels of a sample are a long run of memory.
  private static let taskByteCount = 4 << 20

  private let input: UnsafePointer<Float>
  private let output: UnsafeMutablePointer<Float>
  let samples: Int
  let features: Int
  let positions: Int

  /// - Parameters:
  ///   - input: N * C * P values.
  ///   - output: as many elements; either all of the input's, or no overlap with them.
  init(
    _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, samples: Int,
    features: Int, positions: Int
  ) {
    self.input = input
    self.output = output
    self.samples = samples
    self.features = features
    self.positions = positions
  }

  /// Normalises each slice with its own statistics, and returns these.
  func normalised(
    _ slices: [BatchSlice], by module: BatchNormModule
  ) throws(CheckpointError) -> [SliceStatistics] {
    let filled = slices.prefix { $0.count * positions > 0 }
    let tasks = filled.indices.flatMap { device in
      channelRanges(slices[device]).map { (device, $0) }
    }
    let statistics = try DenseArray(shape: [filled.count, 2, features]) {
      results throws(CheckpointError) in
      try concurrentForEach(tasks.count) { index in
        let (device, channels) = tasks[index]
        let moments = normalise(slices[device], channels, by: module)
        for (feature, moments) in zip(channels, moments) {
          results[2 * device * features + feature] = moments.mean
          results[(2 * device + 1) * features + feature] = moments.variance
        }
      }
    }.values
    return slices.enumerated().map { device, slice in
      guard slice.count * positions > 0 else { return SliceStatistics(count: 0) }
      let (start, end) = (2 * device * features, (2 * device + 1) * features)
      return SliceStatistics(
        count: slice.count * positions, mean: Array(statistics[start..<end]),
        variance: Array(statistics[end..<end + features]))
    }
  }

  /// Normalises each sample with the running statistics of its device.
  func scaled(_ slices: [BatchSlice], by module: BatchNormModule) throws(CheckpointError) {
    let length = max(1, Self.taskByteCount / (4 * features * positions))
    let tasks = slices.indices.flatMap { device in
      stride(from: 0, to: slices[device].count, by: length).map { start in
        (device, start..<min(start + length, slices[device].count))
      }
    }
    try concurrentForEach(tasks.count) { index in
      let (device, samples) = tasks[index]
      let row = module.row(of: device)
      let scalings = (0..<features).map { feature in
        ChannelScaling(
          module, feature: feature, mean: row.mean[feature], variance: row.variance[feature])
      }
      scale(slices[device][samples], 0..<features, by: scalings)
    }
  }

  /// Normalises some channels of a slice with their own statistics, sample by sample in memory
  /// order.
  private func normalise(
    _ slice: BatchSlice, _ channels: Range<Int>, by module: BatchNormModule
  ) -> [ChannelMoments] {
    var moments = Array(repeating: ChannelMoments(), count: channels.count)
    for sample in slice {
      for (index, feature) in channels.enumerated() {
        moments[index].add(input + offset(sample, feature), count: positions)
      }
    }
    for index in moments.indices { moments[index].join() }
    let scalings = zip(channels, moments).map { feature, moments in
      ChannelScaling(module, feature: feature, mean: moments.mean, variance: moments.variance)
    }
    scale(slice, channels, by: scalings)
    return moments
  }

  private func scale(
    _ slice: some Collection<Int>, _ channels: Range<Int>, by scalings: [ChannelScaling]
  ) {
    for sample in slice {
      for (feature, scaling) in zip(channels, scalings) {
        let start = offset(sample, feature)
        scaling.apply(input + start, output + start, count: positions)
      }
    }
  }

  private func offset(_ sample: Int, _ feature: Int) -> Int {
    (sample * features + feature) * positions
  }

  /// The channels, divided into one part for each task.
  private func channelRanges(_ slice: BatchSlice) -> [Range<Int>] {
    let length = max(1, Self.taskByteCount / (4 * slice.count * positions))
    return stride(from: 0, to: features, by: length).map { $0..<min($0 + length, features) }
  }
}
