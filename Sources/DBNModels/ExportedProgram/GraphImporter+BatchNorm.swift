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
    call.ignore("cudnn_enabled")
    let isTraining = try call.bool("training", default: false)
    var momentum: Double? = try call.number("momentum", default: 0.1)
    // A module without momentum, which averages over all batches, passes 0 when it does not train.
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
    // The batch statistics and the updated running statistics, which are internal to the module.
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
