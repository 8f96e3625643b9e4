import DBNBatchNorm
import DBNTensors

extension GraphImporter {
  /// Reads every form of BatchNorm that PyTorch has. The graph's node has the module's name and
  /// finds the tensors by it, so a state dict in another layout fits too.
  mutating func batchNorm(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    let input = try call.tensor("input")
    var parts: [BatchNormQuantity: String] = [:]
    for quantity in BatchNormQuantity.allCases where !quantity.isCounter {
      // ATen's arguments have the same names as the module's tensors.
      parts[quantity] = try call.optionalTensor(quantity.rawValue)
    }
    call.ignore("cudnn_enabled", "num_batches_tracked")
    let momentum = try momentum(&call)
    let module = try module(of: parts, call)
    var norm = NormModule(numFeatures: try features(parts, input))
    norm.eps = try call.number("eps", default: 1e-5)
    norm.momentum = momentum
    norm.affine = parts[.weight] != nil
    norm.hasBias = parts[.bias] != nil
    norm.tracksRunningStatistics = parts[.runningMean] != nil
    if call.operation == Self.distributedBatchNorm {
      norm.worldSize = try call.int("world_size")
      norm.layout = try hasRows(parts) ? .replicated : .firstDevice
      try norm.validate()
    }
    let attributes = Operation.BatchNormAttributes(module: module, norm)
    let output = try single(
      .batchNorm(attributes), [operand(of: input)], module.isEmpty ? call.node.name : module)
    // The batch statistics and the updated running statistics, which are internal to the module.
    let statistics = Result.missing("uses statistics that a BatchNorm keeps to itself")
    return [.new(output)] + Array(repeating: statistics, count: 4)
  }

  private static let advice: Guidance =
    "export the model with nn.BatchNorm modules, or with those of the Python package dbn_convert "
    + "without decomposing the program"

  /// The operation that the Python package `dbn_convert` registers with PyTorch.
  static let distributedBatchNorm = "torch.ops.dbn_convert.distributed_batch_norm.default"

  /// nil for a cumulative average.
  private func momentum(_ call: inout ProgramCall) throws(CheckpointError) -> Double? {
    let isTraining = try call.bool("training", default: false)
    if call.operation == Self.distributedBatchNorm { return call.number("momentum") }
    let momentum = try call.number("momentum", default: 0.1)
    // A module without momentum, which averages over all batches, passes 0 when it does not train.
    return momentum == 0 && !isTraining ? nil : momentum
  }

  /// Whether each device has running statistics of its own: [V, C].
  private func hasRows(_ parts: [BatchNormQuantity: String]) throws(CheckpointError) -> Bool {
    guard let mean = parts[.runningMean] else { return true }
    return try meta(mean).rank == 2
  }

  private func features(
    _ parts: [BatchNormQuantity: String], _ input: String
  ) throws(CheckpointError) -> Int {
    let shape = try meta(input).shape
    let tensor = parts[.runningMean] ?? parts[.weight]
    let sizes = try tensor.map { name throws(CheckpointError) in try meta(name).shape } ?? []
    guard let features = sizes.last ?? (shape.count > 1 ? shape[1] : nil) else {
      throw .program("the number of features of a BatchNorm is missing")
    }
    return features
  }

  /// The module that all the tensors belong to, from their names without the last component.
  private func module(
    of parts: [BatchNormQuantity: String], _ call: ProgramCall
  ) throws(CheckpointError) -> String {
    var modules: Set<String> = []
    for (quantity, name) in parts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      let last = quantity.rawValue
      guard let key = keys[name], key == last || key.hasSuffix(".\(last)") else {
        throw CheckpointError(
          .unsupportedOperation,
          "normalises with a tensor that is not the `\(last)` of a BatchNorm module",
          advice: Self.advice)
      }
      modules.insert(String(key.dropLast(last.count).dropLast()))
    }
    guard modules.count <= 1 else {
      throw CheckpointError(
        .unsupportedOperation,
        "normalises with tensors of several modules: \(modules.sorted().joined(separator: ", "))",
        advice: Self.advice)
    }
    return modules.first ?? call.node.module?.path ?? call.node.name
  }
}
