import DBNBatchNorm
public import DBNModels
public import DBNTensors

extension Executor {
  /// The state dict with the current running statistics, as training left them.
  ///
  /// Buffers keep their scalar types, shapes and kinds; everything else is unchanged. Tensors tied
  /// to a buffer stay tied. A missing counter (state dicts of version 1) is not added.
  ///
  /// - Parameters:
  ///   - stateDict: the state dict that the executor was made with.
  ///   - results: those of a pass of `Graph.withUpdatesAsOutputs`, if the model's own averages and
  ///     counters are wanted too.
  /// - Throws: `shapeMismatch` for a different state dict; `overflow` for a counter that its type
  ///   can't hold; `unexpectedLayout` when a name outside the model is tied to several buffers that
  ///   are no longer equal.
  public func stateDict(
    updating stateDict: StateDict, after results: [DenseArray] = []
  ) throws(CheckpointError) -> StateDict {
    let keys = graph.updates.keys.sorted()
    let updates = zip(keys, results.suffix(keys.count)).map { ($0, $1.values) }
    return try stateDict.withBuffers(of: batchNorms, updates)
  }
}

extension StateDict {
  /// The state dict with the running statistics of these modules, by name, in its buffers.
  ///
  /// - Parameter others: the numbers of other tensors, by their keys.
  /// - Throws: the same errors as `Executor.stateDict(updating:)`.
  package func withBuffers(
    of modules: [String: BatchNormModule], _ others: [(key: String, numbers: [Double])] = []
  ) throws(CheckpointError) -> StateDict {
    var update = BufferUpdate(self)
    for (name, module) in modules.sorted(by: { $0.key < $1.key }) {
      try update.write(module, named: name)
    }
    for (key, numbers) in others {
      try update.write(numbers, to: key, key.split(separator: ".").last.map(String.init) ?? key)
    }
    return try update.finished()
  }
}

extension BatchNormModule {
  /// The module's tensors under PyTorch's names, in its order.
  ///
  /// - Parameter scalarType: the type of all tensors but `num_batches_tracked`, which is int64.
  /// - Throws: `unsupportedScalarType` unless it is float16, bfloat16, float32 or float64;
  ///   `overflow` for a counter that is not an integer; `invalidModule` for a layout that keeps its
  ///   tensors under other names.
  public func stateDict(
    as scalarType: ScalarType = .float32
  ) throws(CheckpointError) -> StateDict {
    try norm.validate()
    var stateDict = StateDict()
    for (quantity, name, shape) in norm.tensors {
      switch quantity {
      case .weight:
        stateDict[name] = try Tensor(rounding: weight ?? [], to: scalarType, shape: shape)
      case .bias: stateDict[name] = try Tensor(rounding: bias ?? [], to: scalarType, shape: shape)
      case .numBatchesTracked:
        let zeros = try Tensor(rows.map { _ in 0 }, shape: shape)
        stateDict[name] = try zeros.replacing(rows.map(\.batchesTracked))
      case .runningMean, .runningVar:
        let numbers = buffers(quantity).flatMap(\.numbers)
        stateDict[name] = try Tensor(rounding: numbers, to: scalarType, shape: shape)
      }
    }
    return stateDict
  }

  /// The numbers of a buffer, tensor by tensor, and the keys, relative to the module, under which
  /// the layout keeps them.
  func buffers(_ quantity: BatchNormQuantity) -> [(key: String, numbers: [Double])] {
    guard !rows.isEmpty else { return [] }
    return layout.rowTensors(of: quantity, rowCount: rows.count).map { key, range in
      let kept = rows[range]
      return switch quantity {
      case .runningMean: (key, kept.flatMap(\.mean))
      case .runningVar: (key, kept.flatMap(\.variance))
      case .numBatchesTracked: (key, kept.map(\.batchesTracked))
      case .weight, .bias: (key, [])
      }
    }
  }
}

/// An update of a state dict with the buffers of a trained model.
private struct BufferUpdate {
  private let original: StateDict
  private var updated: StateDict
  private var written: Set<CheckpointDictionary.Key> = []
  /// The keys of buffers, relative to their modules.
  private var bufferKeys: Set<String> = []
  /// The new tensors for tensors that may be tied; several if a tie was a coincidence.
  private var successors: [TiedTensor: [Tensor]] = [:]

  init(_ stateDict: StateDict) {
    original = stateDict
    updated = stateDict
  }

  mutating func write(_ module: BatchNormModule, named name: String) throws(CheckpointError) {
    for quantity in BatchNormQuantity.allCases where quantity.isBuffer {
      for (last, numbers) in module.buffers(quantity) {
        try write(numbers, to: name.isEmpty ? last : "\(name).\(last)", last)
      }
    }
  }

  /// - Parameter last: the key relative to the module.
  mutating func write(
    _ numbers: [Double], to key: String, _ last: String
  ) throws(CheckpointError) {
    bufferKeys.insert(last)
    guard let old = original[key] else { return }
    do throws(CheckpointError) {
      updated[key] = try successor(of: old, numbers)
    } catch {
      throw error.with(name: key)
    }
    written.insert(.string(key))
  }

  private mutating func successor(
    of old: Tensor, _ numbers: [Double]
  ) throws(CheckpointError) -> Tensor {
    let new = try old.replacing(numbers)
    let known = successors[TiedTensor(old), default: []]
    for tensor in known where try tensor.storage.hasEqualBytes(to: new.storage) { return tensor }
    successors[TiedTensor(old)] = known + [new]
    return new
  }

  /// The updated state dict. Names outside the model that are tied to a buffer get its new tensor:
  /// those of a module that the state dict has twice.
  func finished() throws(CheckpointError) -> StateDict {
    var result = updated
    for (key, old) in original.tensors where namesBuffer(key) {
      guard !written.contains(.string(key)), let tensors = successors[TiedTensor(old)] else {
        continue
      }
      guard tensors.count == 1 else {
        throw CheckpointError(
          .unexpectedLayout, name: key,
          "it is tied to the buffers of \(tensors.count) BatchNorms, which now differ",
          advice: "give each BatchNorm buffers of its own")
      }
      result[key] = tensors[0]
    }
    return result
  }

  /// Whether a key ends like that of a module's buffer.
  private func namesBuffer(_ key: String) -> Bool {
    bufferKeys.contains { key == $0 || key.hasSuffix("." + $0) }
  }
}
