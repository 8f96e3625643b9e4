import DBNBatchNorm
import DBNTensors

extension GraphImporter {
  /// Every form of BatchNorm that PyTorch has. The graph's node knows the module and finds its
  /// tensors by their names, so that a state dict in another layout fits it too.
  mutating func batchNorm(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    let input = try call.tensor("input")
    var parts: [BatchNormQuantity: String] = [:]
    for quantity in BatchNormQuantity.allCases where !quantity.isCounter {
      // ATen's arguments are called as the module's tensors are.
      parts[quantity] = try call.optionalTensor(quantity.rawValue)
    }
    call.ignore("cudnn_enabled")
    let isTraining = try call.bool("training", default: false)
    var momentum: Double? = try call.number("momentum", default: 0.1)
    // What a module without momentum, which averages over all batches, gives when it does not train.
    if momentum == 0 && !isTraining { momentum = nil }
    let module = try module(of: parts, call)
    var norm = NormModule(numFeatures: try features(parts, input))
    norm.eps = try call.number("eps", default: 1e-5)
    norm.momentum = momentum
    norm.affine = parts[.weight] != nil
    norm.hasBias = parts[.bias] != nil
    norm.tracksRunningStatistics = parts[.runningMean] != nil
    let attributes = Operation.BatchNormAttributes(module: module, norm)
    let output = try single(
      .batchNorm(attributes), [operand(of: input)], module.isEmpty ? call.node.name : module)
    // The statistics of the batch, and the running ones after it, which the module keeps itself.
    let statistics = Result.missing("uses statistics that a BatchNorm keeps to itself")
    return [.new(output)] + Array(repeating: statistics, count: 4)
  }

  private func features(
    _ parts: [BatchNormQuantity: String], _ input: String
  ) throws(CheckpointError) -> Int {
    let shape = try meta(input).shape
    let tensor = parts[.runningMean] ?? parts[.weight]
    let sizes = try tensor.map { name throws(CheckpointError) in try meta(name).shape } ?? []
    guard let features = sizes.first ?? (shape.count > 1 ? shape[1] : nil) else {
      throw .program("a BatchNorm has no features")
    }
    return features
  }

  /// The module that all the tensors belong to, by the last part of their names.
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
          advice: "export the model with nn.BatchNorm modules")
      }
      modules.insert(String(key.dropLast(last.count).dropLast()))
    }
    guard modules.count <= 1 else {
      throw CheckpointError(
        .unsupportedOperation,
        "normalises with tensors of several modules: \(modules.sorted().joined(separator: ", "))",
        advice: "export the model with nn.BatchNorm modules")
    }
    return modules.first ?? call.node.module?.path ?? call.node.name
  }
}
