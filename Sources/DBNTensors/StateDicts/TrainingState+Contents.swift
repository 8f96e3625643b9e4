extension CheckpointDictionary {
  /// Whether it directly holds a tensor named as a running mean: then it is a network.
  var holdsRunningMean: Bool {
    entries.contains { entry in
      entry.value.tensor != nil
        && entry.key.string.map { FoundStateDict.namesRunningMean($0) } == true
    }
  }

  /// Whether it directly holds tensors with the names of a module's parameters: `fc.weight`,
  /// `weight`. An optimizer's names end in the name of a moment: `fc.weight.exp_avg`.
  var holdsParameters: Bool {
    entries.contains { entry in
      guard entry.value.tensor != nil, let name = entry.key.string else { return false }
      let last = name.utf8.lastIndex(of: UInt8(ascii: "."))
      guard let last else { return name == "weight" || name == "bias" }
      let part = String(name.utf8[name.utf8.index(after: last)...]) ?? ""
      return !Self.moments.contains(part)
    }
  }

  private static let moments: Set<String> = [
    "step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq", "momentum_buffer", "square_avg", "sum",
    "grad_avg", "acc_delta", "prev", "exp_inf", "ax", "mu", "eta",
  ]

  /// The kind of training state, inferred from the names and types of its contents.
  ///
  /// - Parameter isRoot: whether it is the file's root; then only a certain optimizer state counts,
  ///   since anything can be stored next to a model.
  func trainingState(isRoot: Bool) -> TrainingState? {
    guard isOptimizerState || (!isRoot && (isParameterState || isZeroState || isOtherState)),
      !hasModel
    else { return nil }
    return isOtherState && !isOptimizerState ? .other : .optimizer
  }

  /// Whether it is a result of `torch.optim.Optimizer.state_dict()`, nested or with joined keys.
  private var isOptimizerState: Bool {
    if self["state"]?.isContainer == true && self["param_groups"]?.isContainer == true {
      return true
    }
    return self["base_optimizer_state"]?.isContainer == true
      || entries.contains { $0.key.string?.utf8.starts(with: "param_groups.".utf8) == true }
  }

  /// Whether it is the state of one parameter: `exp_avg` or `momentum_buffer`, or other moments
  /// next to `step`, and no mappings.
  private var isParameterState: Bool {
    guard !holdsParameters, !entries.contains(where: { $0.value.dictionary != nil }) else {
      return false
    }
    if self["exp_avg"]?.tensor != nil || self["momentum_buffer"]?.tensor != nil { return true }
    let names = entries.filter { $0.value.tensor != nil }.map { $0.key.string ?? "" }
    return contains(.string("step")) && names.contains { $0 != "step" }
      && names.allSatisfy(Self.moments.contains)
  }

  /// Whether it is DeepSpeed's state of an optimizer.
  private var isZeroState: Bool {
    guard case .int = self["zero_stage"] else { return false }
    return !holdsParameters && !entries.contains { $0.value.dictionary?.holdsModel == true }
  }

  /// Whether it is the state of a learning rate schedule, of a `GradScaler`, or of the random
  /// generators of Python, NumPy and PyTorch.
  private var isOtherState: Bool {
    guard !holdsParameters else { return false }
    return isSchedule || isScaler || isGenerators
  }

  private var isSchedule: Bool {
    guard self["last_epoch"]?.isNumber == true,
      let rates = (self["base_lrs"] ?? self["_last_lr"])?.elements,
      rates.allSatisfy(\.isNumber)
    else { return false }
    return !entries.contains { $0.value.dictionary != nil && $0.value.containsTensor }
  }

  private var isScaler: Bool {
    self["growth_factor"] != nil && self["backoff_factor"] != nil
      && entries.allSatisfy { $0.value.isNumber }
  }

  private var isGenerators: Bool {
    guard self["python"]?.elements != nil, let numpy = self["numpy"],
      numpy.isContainer || numpy.tensor != nil
    else { return false }
    return !entries.contains { entry in
      guard let inner = entry.value.dictionary, entry.value.containsTensor else { return false }
      return entry.key != .string("numpy") && inner.holdsModel
    }
  }

  /// Whether a model is directly in it.
  private var hasModel: Bool {
    entries.contains { entry in
      guard let name = entry.key.string, let inner = entry.value.dictionary,
        name != "state", name != "param_groups"
      else { return false }
      return inner.holdsParameters || inner.holdsRunningMean
        || (Checkpoint.usualEntries.contains(name) && entry.value.containsTensor)
    }
  }

  /// Whether parameters are in it or in a mapping inside it.
  private var holdsModel: Bool {
    holdsParameters || holdsRunningMean
      || entries.contains { $0.value.dictionary?.holdsModel == true }
  }
}

extension CheckpointValue {
  /// Whether it is a single number, as a tensor or not.
  fileprivate var isNumber: Bool {
    switch self {
    case .int, .float, .bool, .none: true
    case .tensor(let tensor): tensor.shape.allSatisfy { $0 == 1 }
    default: false
    }
  }
}
