import DBNBatchNorm
import DBNTensors

extension GraphImporter {
  /// Reads a call of BatchNorm as the BatchNorm of a module, which is known by its running
  /// statistics, or else as a function of its tensors.
  ///
  /// The node of a module has the module's name and finds the tensors by it, so a state dict in
  /// another layout fits too.
  mutating func batchNorm(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    let call = try BatchNormCall(&call)
    let output =
      if let module = try module(of: call) {
        try batchNorm(of: module, call)
      } else {
        try functionalBatchNorm(call)
      }
    // The batch statistics and the updated running statistics, which are internal to the module.
    let statistics = Result.missing("uses statistics that a BatchNorm keeps to itself")
    return [.new(output)] + Array(repeating: statistics, count: 4)
  }

  private mutating func batchNorm(
    of module: String, _ call: BatchNormCall
  ) throws(CheckpointError) -> Graph.Operand {
    var norm = NormModule(numFeatures: try features(of: call))
    norm.eps = call.eps
    norm.momentum = call.momentum
    norm.affine = inputName(of: .weight, in: module) != nil
    norm.hasBias = inputName(of: .bias, in: module) != nil
    norm.tracksRunningStatistics = call.hasStatistics
    if let worldSize = call.worldSize {
      norm.worldSize = worldSize
      norm.layout = try hasRows(call) ? .replicated : .firstDevice
      try norm.validate()
    }
    var attributes = Operation.BatchNormAttributes(module: module, norm, exportedMode: call.mode)
    attributes.appliesAffine = try hasOwnAffine(call, module)
    let name = module.isEmpty ? call.node.name : module
    let output = try single(.batchNorm(attributes), [operand(of: call.input)], name)
    if case .value(let node) = output { newMeans[node] = call.newMean }
    return attributes.appliesAffine ? output : try scaled(output, by: call, name)
  }

  /// Applies a weight and a bias that are not the module's own.
  private mutating func scaled(
    _ output: Graph.Operand, by call: BatchNormCall, _ name: String
  ) throws(CheckpointError) -> Graph.Operand {
    var output = output
    let rank = try meta(call.input).rank
    let shape = [1, .inferred] + [Size](repeating: 1, count: max(0, rank - 2))
    for (quantity, operation) in [
      (BatchNormQuantity.weight, Operation.multiply), (.bias, .add(scale: 1)),
    ] {
      guard let tensor = call.tensors[quantity] else { continue }
      let numbers = try single(
        .reshape(shape), [operand(of: tensor)], "\(name).\(quantity.rawValue)")
      output = try single(operation, [output, numbers], "\(name).\(operation.name)")
    }
    return output
  }

  /// A BatchNorm without a module, on its tensors.
  private mutating func functionalBatchNorm(
    _ call: BatchNormCall
  ) throws(CheckpointError) -> Graph.Operand {
    guard call.worldSize == nil else {
      throw CheckpointError(
        .unsupportedOperation, "normalises with tensors that are not those of a BatchNorm module",
        advice: "export the model with the modules of the Python package dbn_convert")
    }
    var operands = [try operand(of: call.input)]
    for quantity in [BatchNormQuantity.runningMean, .runningVar, .weight, .bias] {
      let isOmitted = call.isTraining && quantity.isBuffer
      operands.append(try optionalOperand(isOmitted ? nil : call.tensors[quantity]))
    }
    let output = try single(.functionalBatchNorm(eps: call.eps), operands, call.node.name)
    guard call.hasStatistics else { return output }
    if case .value(let name) = output, let device = try deviceCall(call) {
      deviceCalls[name] = device
    } else {
      functions.append(call)
    }
    return output
  }

  /// Whether each device has running statistics of its own: [V, C].
  private func hasRows(_ call: BatchNormCall) throws(CheckpointError) -> Bool {
    guard let mean = call.tensors[.runningMean] else { return true }
    return try meta(mean).rank == 2
  }

  func features(of call: BatchNormCall) throws(CheckpointError) -> Int {
    let shape = try meta(call.input).shape
    let tensor = call.tensors[.runningMean] ?? call.tensors[.weight]
    let sizes = try tensor.map { name throws(CheckpointError) in try meta(name).shape } ?? []
    guard let features = sizes.last ?? (shape.count > 1 ? shape[1] : nil) else {
      throw .program("the number of features of a BatchNorm is missing")
    }
    return features
  }

  // MARK: Modules

  /// The module whose running statistics, or else whose weight and bias, a call uses; nil for a
  /// function of other tensors.
  private mutating func module(of call: BatchNormCall) throws(CheckpointError) -> String? {
    guard call.hasStatistics else {
      if let weight = call.tensors[.weight] {
        let module = try Self.module(parameter(weight), .weight)
        return try module.flatMap { name throws(CheckpointError) in
          try hasOwnAffine(call, name) ? name : nil
        }
      }
      return call.worldSize == nil ? nil : call.node.module?.path ?? call.node.name
    }
    guard let mean = call.tensors[.runningMean], let variance = call.tensors[.runningVar],
      let module = try Self.module(parameter(mean), .runningMean),
      try Self.module(parameter(variance), .runningVar) == module
    else { return nil }
    // With a weight of fewer features, the statistics are those of several devices in a row.
    if let weight = inputName(of: .weight, in: module) {
      guard try meta(weight).shape == meta(mean).shape.suffix(1) else { return nil }
    }
    return module
  }

  /// The key of a tensor of the state dict which the program has not changed; nil for every other
  /// tensor.
  mutating func parameter(_ name: String) throws(CheckpointError) -> String? {
    guard case .parameter(let key) = try operand(of: name) else { return nil }
    return key
  }

  /// The module that has a quantity under this key, the name without its last component.
  static func module(_ key: String?, _ quantity: BatchNormQuantity) -> String? {
    let last = quantity.rawValue
    guard let key, key == last || key.hasSuffix(".\(last)") else { return nil }
    return String(key.dropLast(last.count).dropLast())
  }

  /// The name of the program's input for a tensor of a module.
  func inputName(of quantity: BatchNormQuantity, in module: String) -> String? {
    inputNames[module.isEmpty ? quantity.rawValue : "\(module).\(quantity.rawValue)"]
  }

  /// Whether a call uses the weight and the bias of a module, or none if it has none.
  mutating func hasOwnAffine(
    _ call: BatchNormCall, _ module: String
  ) throws(CheckpointError) -> Bool {
    for quantity in [BatchNormQuantity.weight, .bias] {
      let tensor = call.tensors[quantity]
      guard tensor == inputName(of: quantity, in: module) else { return false }
      if let tensor, try parameter(tensor) == nil { return false }
    }
    return true
  }
}
