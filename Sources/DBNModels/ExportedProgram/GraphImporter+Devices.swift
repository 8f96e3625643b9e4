import DBNBatchNorm
import DBNTensors

/// Calls of BatchNorm on the slices of a mini-batch, one for each virtual device, each with its row of
/// running statistics [V, C]: a distributed BatchNorm that is written in Python.
extension GraphImporter {
  /// A BatchNorm of one device's slice.
  struct DeviceCall {
    let call: BatchNormCall
    /// The module that has the statistics.
    let module: String
    let device: Int
    let worldSize: Int
    /// The whole mini-batch.
    let batch: Graph.Operand
    /// N; nil if it is not fixed.
    let samples: Int?
    /// How the slice is a view of the mini-batch.
    let slice: TensorView
  }

  /// The device whose slice a call normalises with the device's row; nil for other calls.
  mutating func deviceCall(_ call: BatchNormCall) throws(CheckpointError) -> DeviceCall? {
    guard let (mean, row) = try row(call, .runningMean), try row == self.row(call, .runningVar)?.1,
      let module = Self.module(mean, .runningMean), try hasOwnAffine(call, module),
      let (name, slice) = base(of: call.input), let rows = inputName(of: .runningMean, in: module)
    else { return nil }
    return DeviceCall(
      call: call, module: module, device: row, worldSize: try meta(rows).shape[0] ?? 0,
      batch: try operand(of: name), samples: try meta(name).shape.first ?? nil, slice: slice)
  }

  /// The tensor [V, C] of the state dict and the row of it that a call uses.
  private mutating func row(
    _ call: BatchNormCall, _ quantity: BatchNormQuantity
  ) throws(CheckpointError) -> (key: String, row: Int)? {
    guard let (name, view) = call.tensors[quantity].flatMap(base),
      let select = view.operation.definition as? Operation.Select, select.dimension == 0,
      try meta(name).rank == 2, let key = try parameter(name), select.index >= 0
    else { return nil }
    return (key, select.index)
  }

  /// The nodes with one BatchNorm in place of a concatenation of all devices' outputs.
  mutating func joiningDevices(_ nodes: [Graph.Node]) throws(CheckpointError) -> [Graph.Node] {
    try nodes.map { node throws(CheckpointError) in
      guard let calls = joined(by: node), let first = calls.first, areSlices(calls) else {
        return node
      }
      for case .value(let name) in node.operands { deviceCalls[name] = nil }
      var norm = NormModule(numFeatures: try features(of: first.call))
      norm.eps = first.call.eps
      norm.momentum = first.call.momentum
      norm.affine = first.call.tensors[.weight] != nil
      norm.hasBias = first.call.tensors[.bias] != nil
      norm.layout = .replicated
      norm.worldSize = first.worldSize
      try norm.validate()
      let attributes = Operation.BatchNormAttributes(
        module: first.module, norm, exportedMode: first.call.mode)
      let name = first.module.isEmpty ? node.name : unique(first.module)
      return Graph.Node(name, .batchNorm(attributes), [first.batch], outputs: node.outputs)
    }
  }

  /// The calls of devices 0, 1, ... whose outputs a node joins; nil if it does something else.
  private func joined(by node: Graph.Node) -> [DeviceCall]? {
    guard let join = node.operation.definition as? Operation.Concatenate, join.dimension == 0
    else { return nil }
    var calls: [DeviceCall] = []
    for operand in node.operands {
      guard case .value(let name) = operand, let call = deviceCalls[name],
        call.device == calls.count
      else { return nil }
      calls.append(call)
    }
    return calls
  }

  /// Whether the calls are of one BatchNorm, and on the slices that its devices have.
  private func areSlices(_ calls: [DeviceCall]) -> Bool {
    guard let first = calls.first else { return false }
    let isOne = calls.allSatisfy {
      $0.module == first.module && $0.batch == first.batch && $0.call.eps == first.call.eps
        && $0.call.momentum == first.call.momentum && $0.call.isTraining == first.call.isTraining
    }
    guard isOne, 1...StateDict.worldSizeLimit ~= first.worldSize else { return false }
    if let chunk = first.slice.operation.definition as? Operation.Chunk {
      return chunk.dimension == 0 && chunk.count == first.worldSize
        && calls.allSatisfy { $0.slice.operation == first.slice.operation }
        && calls.map(\.slice.part) == Array(0..<first.slice.parts)
    }
    guard let samples = first.samples, 0...Graph.elementLimit ~= samples else { return false }
    let slices = BatchNormLayout.replicated.slices(of: samples, worldSize: first.worldSize)
    return calls.map { $0.slice.samples(of: samples) } == slices.filter { !$0.isEmpty }
  }
}

extension TensorView {
  /// The samples that it is of a mini-batch; nil if it is something else.
  fileprivate func samples(of batch: Int) -> BatchSlice? {
    switch operation.definition {
    case let split as Operation.Split where split.dimension == 0:
      guard split.parts.allSatisfy({ 0...batch ~= $0 }) else { return nil }
      let start = split.parts[..<part].reduce(0, +)
      return BatchSlice(start..<start + split.parts[part])
    case let slice as Operation.Slice where slice.dimension == 0 && slice.step == 1:
      guard let start = slice.start.number, let end = slice.end.number, 0...end ~= start else {
        return nil
      }
      return BatchSlice(min(start, batch)..<min(end, batch))
    default: return nil
    }
  }
}
