import DBNCOneDNN
import DBNModels
import DBNTensors

/// The weights of a convolution, or of a transposed one, in the form passed to oneDNN.
///
/// Kernels process 8 or 16 channels at a time; if a group has fewer, neighbouring groups are
/// merged into one, with zero weights between the original groups.
struct ConvolutionFilters {
  /// The attributes, with the number of groups after merging.
  private(set) var attributes: Operation.Convolution
  /// [K, C, ...], or [groups, K / groups, C / groups, ...].
  let shape: [Int]
  private let weightKey: String
  private let biasKey: String?
  /// How many groups were merged into one.
  private let merged: Int
  private let original: Operation.Convolution
  /// [K, C / groups, ...]
  private let weightShape: [Int]
  /// Whether the parameter is [C, K / groups, ...], as of a transposed convolution.
  private let isTransposed: Bool
  private var folded: (scales: [Double], shifts: [Double])?

  /// Returns nil if the node's weights are not parameters.
  init?(
    _ node: Graph.Node, _ attributes: Operation.Convolution, isTransposed: Bool = false,
    _ weights: WeightStore, blockSize: Int
  ) throws(CheckpointError) {
    guard case .parameter(let weightKey) = node.operands[1],
      let stored = weights.shapes[weightKey]
    else { return nil }
    let weightShape =
      isTransposed
      ? [stored[1] * attributes.groups, stored[0] / attributes.groups] + stored[2...] : stored
    switch node.operands.count > 2 ? node.operands[2] : .none {
    case .none: biasKey = nil
    case .parameter(let key): biasKey = key
    case .value: return nil
    }
    self.weightKey = weightKey
    self.weightShape = weightShape
    self.isTransposed = isTransposed
    original = attributes
    merged = Self.groupsToMerge(
      attributes.groups, inputs: weightShape[1], outputs: weightShape[0] / attributes.groups,
      blockSize: blockSize)
    self.attributes = attributes
    self.attributes.groups = attributes.groups / merged
    let groups = self.attributes.groups
    let filter = [weightShape[0] / groups, weightShape[1] * merged] + weightShape[2...]
    shape = groups == 1 ? filter : [groups] + filter
  }

  /// How many groups to merge: the fewest that fill blocks of input and output channels.
  private static func groupsToMerge(
    _ groups: Int, inputs: Int, outputs: Int, blockSize: Int
  ) -> Int {
    // One channel in and out is a depthwise convolution, which has its own kernels.
    if groups == 1 || (inputs == 1 && outputs == 1) { return 1 }
    let fitting = (1...groups).first { count in
      groups % count == 0 && inputs * count % blockSize == 0 && outputs * count % blockSize == 0
    }
    // More zeros than that cost more than they gain.
    guard let fitting, fitting <= blockSize else { return 1 }
    return fitting
  }

  /// Folds a BatchNorm that follows into the weights.
  mutating func fold(_ module: BatchNormModule) throws(CheckpointError) {
    folded = try module.scaleShift(row: 0)
  }

  private var outputs: Int { weightShape[0] }

  func biasLayout() throws(CheckpointError) -> Layout? {
    biasKey == nil && folded == nil ? nil : try Layout(.plain, [outputs])
  }

  func bias(_ store: WeightStore) throws(CheckpointError) -> Buffer {
    var bias =
      try biasKey.map { key throws(CheckpointError) in try store.floats(key) }
      ?? Array(repeating: 0, count: outputs)
    if let folded {
      for output in bias.indices {
        bias[output] = Float(
          Double(bias[output]) * folded.scales[output] + folded.shifts[output])
      }
    }
    let layout = try Layout(.plain, [outputs])
    return try store.processor.constant(bias, from: layout, as: layout)
  }

  func weights(as layout: Layout, _ store: WeightStore) throws(CheckpointError) -> Buffer {
    let plain = try Layout(.plain, shape)
    if let folded {
      let values = scaled(untransposed(try store.floats(weightKey)), by: folded.scales)
      return try store.processor.constant(withMergedGroups(values), from: plain, as: layout)
    }
    return try store.constant(
      weightKey, as: layout, from: plain, name: "\(merged) \(isTransposed)",
      change: merged == 1 && !isTransposed ? nil : { withMergedGroups(untransposed($0)) })
  }

  /// The numbers in the order of `weightShape`.
  private func untransposed(_ values: [Float]) -> [Float] {
    if !isTransposed { return values }
    let (inputs, perGroup) = (weightShape[1], outputs / original.groups)
    let taps = weightShape[2...].reduce(1, *)
    var result = [Float](repeating: 0, count: values.count)
    for output in 0..<outputs {
      for input in 0..<inputs {
        let start = (output * inputs + input) * taps
        let source = (output / perGroup * inputs + input) * perGroup + output % perGroup
        for tap in 0..<taps { result[start + tap] = values[source * taps + tap] }
      }
    }
    return result
  }

  private func scaled(_ values: [Float], by scales: [Double]) -> [Float] {
    let size = values.count / outputs
    var result = values
    for output in 0..<outputs {
      for index in output * size..<(output + 1) * size {
        result[index] = Float(Double(values[index]) * scales[output])
      }
    }
    return result
  }

  /// Extends each group's filters to the channels of all groups merged with it.
  private func withMergedGroups(_ values: [Float]) -> [Float] {
    if merged == 1 { return values }
    let size = values.count / outputs
    let perGroup = outputs / original.groups
    var result = [Float](repeating: 0, count: values.count * merged)
    for output in 0..<outputs {
      let start = (output * merged + output / perGroup % merged) * size
      for tap in 0..<size { result[start + tap] = values[output * size + tap] }
    }
    return result
  }
}
