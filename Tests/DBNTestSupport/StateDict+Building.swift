public import DBNTensors

extension Tensor {
  /// A float32 tensor of these values.
  public static func float32(_ values: [Double], _ shape: [Int]? = nil) throws -> Tensor {
    try Tensor(rounding: values, to: .float32, shape: shape ?? [values.count])
  }
}

extension StateDict {
  /// A state dict of one convolution and one BatchNorm `bn` of two features, standard if there is
  /// one row of statistics, else replicated with a row for each device.
  public static func batchNorm(
    means: [[Double]], variances: [[Double]], counters: [Int]? = nil, name: String = "bn"
  ) throws -> StateDict {
    let isReplicated = means.count > 1
    let features = means[0].count
    let shape = isReplicated ? [means.count, features] : [features]
    var stateDict = StateDict()
    stateDict["conv.weight"] = try .float32([0.5, -0.25, 1, 2], [2, 2, 1, 1])
    stateDict["\(name).weight"] = try .float32((0..<features).map { 1 + Double($0) / 8 })
    stateDict["\(name).bias"] = try .float32((0..<features).map { Double($0) / 4 - 0.5 })
    stateDict["\(name).running_mean"] = try .float32(means.flatMap(\.self), shape)
    stateDict["\(name).running_var"] = try .float32(variances.flatMap(\.self), shape)
    if let counters {
      stateDict["\(name).num_batches_tracked"] = try Tensor(
        counters, shape: isReplicated ? [counters.count] : [])
    }
    return stateDict
  }
}
