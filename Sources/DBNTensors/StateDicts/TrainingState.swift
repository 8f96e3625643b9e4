/// State that a training script keeps besides its models. Its tensors do not belong to a model.
enum TrainingState {
  /// An optimizer's state of each parameter, and its settings.
  case optimizer
  /// The state of a learning rate schedule, a gradient scaler, a random generator, or a trainer's
  /// callbacks and loops.
  case other

  /// Classifies a value by itself, whatever contains it.
  ///
  /// A mapping that directly holds a running mean is a network, whatever else it holds and whatever
  /// its name.
  ///
  /// - Parameter key: the value's key; nil at the root.
  /// - Returns: nil if neither contents nor name indicate training state.
  init?(_ value: CheckpointValue, under key: CheckpointDictionary.Key?) {
    let dictionary = value.dictionary
    if dictionary?.holdsRunningMean == true {
      return nil
    } else if let state = dictionary?.trainingState(isRoot: key == nil) {
      self = state
    } else if let key, let named = Self(named: key), !named.isRefuted(by: value, under: key) {
      self = named
    } else {
      return nil
    }
  }

  /// Classifies a value inside another: a network (nil), or a part of the training state around it.
  ///
  /// - Parameter outer: the training state around it.
  static func of(
    _ value: CheckpointValue, under key: CheckpointDictionary.Key?, inside outer: TrainingState?
  ) -> TrainingState? {
    guard let outer else { return TrainingState(value, under: key) }
    return value.dictionary?.holdsRunningMean == true ? nil : outer
  }

  /// Classifies by name alone, for contents of unknown form: DeepSpeed's `optimizer_state_dict`,
  /// Lightning's `callbacks`, `rng_states`. A name that contains a word for a network
  /// (`model_and_optimizer`, `rng_net`) gives nil.
  init?(named key: CheckpointDictionary.Key) {
    // Names of tensors in a state dict have dots; there are many, and splitting them takes time.
    guard key.string?.utf8.contains(UInt8(ascii: ".")) == false else { return nil }
    let words = key.words
    guard Self.networkWords.isDisjoint(with: words) else { return nil }
    if words.contains(where: Self.namesOptimizer) {
      self = .optimizer
    } else if words.contains("rng") || Self.trainerNames.contains(words) {
      self = .other
    } else {
      return nil
    }
  }

  /// Whether the name is more specific than `optimizer` or `rng_state` and the value is a network
  /// after all: `meta_optimizer` with the parameters of modules.
  private func isRefuted(
    by value: CheckpointValue, under key: CheckpointDictionary.Key
  ) -> Bool {
    guard let dictionary = value.dictionary, dictionary.holdsParameters else { return false }
    let words = key.words
    guard words.contains(where: { $0 == "rng" || Self.namesOptimizer($0) }) else { return false }
    return !words.allSatisfy { Self.stateWords.contains($0) || Self.namesWholeOptimizer($0) }
  }

  private static func namesOptimizer(_ word: String) -> Bool {
    word.contains("optimizer") || word == "optim" || word == "optims"
  }

  private static func namesWholeOptimizer(_ word: String) -> Bool {
    ["optimizer", "optimizers", "optim", "optims"].contains(word)
  }

  private static let networkWords: Set<String> = [
    "model", "models", "net", "nets", "network", "networks", "and",
  ]

  private static let stateWords: Set<String> = [
    "state", "states", "dict", "dicts", "rng", "weights",
  ]

  private static let trainerNames: Set<[String]> = [
    ["callbacks"], ["loops"], ["hyper", "parameters"], ["hparams"], ["lr", "scheduler"],
    ["lr", "schedulers"], ["random", "state"], ["random", "states"],
  ]
}

extension CheckpointValue {
  /// Whether it can hold other values.
  var isContainer: Bool { dictionary != nil || elements != nil }
}
