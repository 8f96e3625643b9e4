/// What a training script keeps beside its models. Tensors in it are not a model's.
enum TrainingState {
  /// An optimizer's state of each parameter, and its settings.
  case optimizer
  /// A learning rate schedule, a scaler of gradients, a random generator, what a trainer keeps of
  /// its callbacks and loops.
  case other

  /// - Parameter key: where the value is; nil at the root.
  /// - Returns: nil for what is no training state, as far as contents and name tell.
  init?(_ value: CheckpointValue, under key: CheckpointDictionary.Key?) {
    if value.dictionary?.isOptimizerState == true {
      self = .optimizer
    } else if value.dictionary?.isOtherTrainingState == true {
      self = .other
    } else if let key, let named = Self(named: key) {
      self = named
    } else {
      return nil
    }
  }

  /// By the name alone, where the contents have no form that is known: DeepSpeed's
  /// `optimizer_state_dict`, Lightning's `callbacks`, anyone's `rng_states`.
  init?(named key: CheckpointDictionary.Key) {
    // Names of tensors in a state dict have dots; there are many, and splitting takes time.
    guard key.string?.utf8.contains(UInt8(ascii: ".")) == false else { return nil }
    let words = key.words
    if words.contains(where: { $0.contains("optimizer") || $0 == "optim" || $0 == "optims" }) {
      self = .optimizer
    } else if words.contains("rng") || Self.trainerNames.contains(words) {
      self = .other
    } else {
      return nil
    }
  }

  private static let trainerNames: Set<[String]> = [
    ["callbacks"], ["loops"], ["hyper", "parameters"], ["hparams"], ["lr", "scheduler"],
    ["lr", "schedulers"], ["random", "state"], ["random", "states"],
  ]
}

extension CheckpointDictionary {
  /// Whether it is what `torch.optim.Optimizer.state_dict()` gives, nested or with joined keys, the
  /// state of one parameter in it, or what DeepSpeed keeps in its place.
  var isOptimizerState: Bool {
    if self["state"]?.isContainer == true && self["param_groups"]?.isContainer == true {
      return true
    }
    return self["exp_avg"]?.tensor != nil || self["momentum_buffer"]?.tensor != nil
      || self["zero_stage"] != nil || self["base_optimizer_state"] != nil
      || entries.contains { $0.key.string?.utf8.starts(with: "param_groups.".utf8) == true }
  }

  /// Whether it is a learning rate schedule's state, a `GradScaler`'s, or those of the generators
  /// of Python, NumPy and PyTorch.
  fileprivate var isOtherTrainingState: Bool {
    (self["last_epoch"] != nil && (self["base_lrs"] != nil || self["_last_lr"] != nil))
      || (self["growth_factor"] != nil && self["backoff_factor"] != nil)
      || (self["python"] != nil && self["numpy"] != nil)
  }
}

extension CheckpointValue {
  /// Whether it can hold other values.
  var isContainer: Bool { dictionary != nil || elements != nil }
}
