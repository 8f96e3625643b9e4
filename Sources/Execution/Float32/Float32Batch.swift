import BatchNorm
import Tensors

/// A mini-batch of Float32 values [N, C, P] on its way through a BatchNorm.
///
/// `@unchecked Sendable`: it is only handed to the threads of one `concurrentForEach`, which read
/// and write places of their own, while the caller holds both buffers.
struct Float32Batch: @unchecked Sendable {
  /// What a task works on at a time, in bytes: a part of a core's second-level cache, so that values
  /// are still there when they are normalised.
  private static let taskByteCount = 512 << 10

  private let input: UnsafePointer<Float>
  private let output: UnsafeMutablePointer<Float>
  let samples: Int
  let features: Int
  let positions: Int

  /// - Parameters:
  ///   - input: N * C * P values.
  ///   - output: as many places, or those of the input themselves; nothing between.
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

  /// Each slice normalised with its own statistics, and these.
  func normalised(
    _ slices: [BatchSlice], by module: BatchNormModule
  ) throws(CheckpointError) -> [SliceStatistics] {
    let filled = slices.prefix { $0.count * positions > 0 }
    let tasks = filled.indices.flatMap { device in
      channelRanges(slices[device]).map { (device: device, features: $0) }
    }
    let statistics = try DenseArray(shape: [filled.count, 2, features]) {
      results throws(CheckpointError) in
      try concurrentForEach(tasks.count) { index in
        let device = tasks[index].device
        for feature in tasks[index].features {
          let moments = normalise(slices[device], feature, by: module)
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

  /// Each sample normalised with the running statistics of its device.
  func scaled(_ slices: [BatchSlice], by module: BatchNormModule) throws(CheckpointError) {
    let length = max(1, Self.taskByteCount / max(1, 4 * features * positions))
    let tasks = slices.indices.flatMap { device in
      stride(from: 0, to: slices[device].count, by: length).map { (device: device, start: $0) }
    }
    try concurrentForEach(tasks.count) { index in
      let (device, start) = tasks[index]
      let row = module.row(of: device)
      let slice = slices[device][start..<min(start + length, slices[device].count)]
      for feature in 0..<features {
        let scaling = ChannelScaling(
          module, feature: feature, mean: row.mean[feature], variance: row.variance[feature])
        for sample in slice { apply(scaling, sample, feature) }
      }
    }
  }

  private func normalise(
    _ slice: BatchSlice, _ feature: Int, by module: BatchNormModule
  ) -> ChannelMoments {
    var moments = ChannelMoments()
    for sample in slice { moments.add(input + place(sample, feature), count: positions) }
    moments.join()
    let scaling = ChannelScaling(
      module, feature: feature, mean: moments.mean, variance: moments.variance)
    for sample in slice { apply(scaling, sample, feature) }
    return moments
  }

  private func apply(_ scaling: ChannelScaling, _ sample: Int, _ feature: Int) {
    let place = place(sample, feature)
    scaling.apply(input + place, output + place, count: positions)
  }

  private func place(_ sample: Int, _ feature: Int) -> Int {
    (sample * features + feature) * positions
  }

  /// The channels in parts that are worth a task.
  private func channelRanges(_ slice: BatchSlice) -> [Range<Int>] {
    let length = max(1, Self.taskByteCount / (4 * slice.count * positions))
    return stride(from: 0, to: features, by: length).map { $0..<min($0 + length, features) }
  }
}
