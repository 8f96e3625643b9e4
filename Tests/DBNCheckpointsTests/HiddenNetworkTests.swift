import DBNTensors
import DBNTestSupport
import Testing

/// Training state beside a network, around it and in its name hides no network.
struct HiddenNetworkTests {
  private static let network: CheckpointValue = [
    "0.weight": .ones(2, 2), "1.weight": .ones(2), "1.bias": .ones(2), "1.running_mean": .ones(2),
    "1.running_var": .ones(2),
  ]
  /// Without a BatchNorm.
  private static let plain: CheckpointValue = ["fc.weight": .ones(2, 2), "fc.bias": .ones(2)]

  private func entries(_ root: CheckpointValue) -> [String] {
    Checkpoint(root: root).stateDictEntries.map { "\($0)" }
  }

  @Test(arguments: [
    "callbacks", "loops", "optimizer", "optimizer_model", "meta_optimizer", "rng", "hparams",
    "optimizer_states", "lr_schedulers",
  ])
  func aNameHidesNoMappingWithARunningMean(name: String) throws {
    for inside: CheckpointValue in [
      Self.network, ["EMA": ["weights": Self.network]], [Self.network],
    ] {
      let checkpoint = Checkpoint(
        root: .dictionary(["state_dict": Self.plain, .string(name): inside]))
      let found = checkpoint.stateDicts
      #expect(found.count == 2 && "\(found[0].entry)".hasPrefix(name), "\(name)")
      let outside = checkpoint.outside([EntryPath("state_dict")])
      #expect(outside.places.map(\.mayBeModel) == [true], "\(name)")
    }
  }

  @Test func anOptimizersStateWithANetworkInsideHidesNothing() throws {
    let state: CheckpointValue = [
      "state": [0: ["exp_avg": .ones(3)]], "param_groups": [["params": [0]]],
      "slow": Self.network, "model": Self.plain,
    ]
    let rmsprop: CheckpointValue = [
      "state": [0: ["step": 1, "square_avg": .ones(3)]], "param_groups": [["params": [0]]],
      "model": Self.plain,
    ]
    #expect(entries(["o": rmsprop]) == ["o/model"])
    #expect(entries(["o": state]) == ["o/slow", "o/model"])
    #expect(entries(state) == ["slow", "model"])
  }

  @Test func whatElseIsInTrainingStateStaysIt() throws {
    let checkpoint = Checkpoint(
      root: [
        "model": Self.plain,
        "callbacks": ["EMA": ["weights": Self.network], "Best": ["scores": .ones(3)]],
      ])
    #expect(checkpoint.stateDictEntries.map { "\($0)" } == ["callbacks/EMA/weights", "model"])
    let places = checkpoint.outside(checkpoint.stateDictEntries).places
    #expect(places.map { "\($0.entry)" } == ["callbacks/Best"])
    #expect(places.allSatisfy { $0.isTrainingState && !$0.mayBeModel })
  }

  private static let roots: [(CheckpointValue, String)] = [
    (["model": plain, "python": "3.9.1", "numpy": "1.24", "torch": "2.1"], "model"),
    (["backbone": plain, "python": "3.9.1", "numpy": "1.24"], "backbone"),
    (["backbone": plain, "python": .tuple([3]), "numpy": .tuple([1]), "torch": 5], "backbone"),
    (["net": plain, "last_epoch": 3, "base_lrs": [0.1]], "net"),
    (["net": plain, "growth_factor": 2.0, "backoff_factor": 0.5], "net"),
    (["module": plain, "zero_stage": 0], "module"),
    (["backbone": ["a": plain], "zero_stage": 0], "backbone/a"),
    (
      ["model": plain, "opt": ["state": [:], "param_groups": []], "momentum_buffer": .ones(3)],
      "model"
    ),
    (["state_dict": ["fc.weight": .ones(2), "momentum_buffer": .ones(3)]], "state_dict"),
    (["x": ["weight": .ones(2), "bias": .ones(2), "momentum_buffer": .ones(3)]], "x"),
    (
      ["model_and_optimizer": ["model": plain, "optimizer": optimizer()]],
      "model_and_optimizer/model"
    ),
    (["train_state_optimizer_model": plain], "train_state_optimizer_model"),
    (["meta_optimizer": plain], "meta_optimizer"), (["rng_net": plain], "rng_net"),
    (
      ["train": ["net": plain, "last_epoch": 3, "base_lrs": [0.1], "optimizer": optimizer()]],
      "train/net"
    ),
    (["train": ["net": plain, "growth_factor": 2.0, "backoff_factor": 0.5]], "train/net"),
    (["env": ["python": "3.9", "numpy": "1.2", "weights": plain]], "env/weights"),
  ]

  @Test(arguments: roots.indices)
  func keysBesideAModelMakeItNoTrainingState(index: Int) throws {
    let (root, entry) = Self.roots[index]
    #expect(entries(root) == [entry])
    for place in Checkpoint(root: root).outside([]).places { #expect(place.mayBeModel) }
  }

  /// An average with what its wrapper counts, in tensors of one number.
  @Test(arguments: [
    ["step": CheckpointValue.ones()], ["decay": .ones(1)],
    ["n_averaged": .ones(), "module.extra": .ones(1), "initted": .ones()],
  ])
  func whatTheWrapperOfACopyCountsMakesItNoBetter(
    extra: [CheckpointDictionary.Key: CheckpointValue]
  ) throws {
    for model in [Self.network, Self.plain] {
      guard var copy = model.dictionary else { return }
      for (key, value) in extra { copy.set(key, to: value) }
      #expect(
        entries(["online": model, "net_ema": .dictionary(copy)]) == ["online", "net_ema"])
      // Without a name that says so, the larger one wins as before.
      #expect(entries(["online": model, "other": .dictionary(copy)]).first == "other")
    }
  }

  @Test func theModelAloneHasTensorsAndWhatBelongsToModules() throws {
    let root: CheckpointValue = [
      "fc.weight": .ones(2), "fc._extra_state": ["amax": .ones(3)], "_extra_state": 5,
      "q._packed_params.dtype": "qint8", "q.scale": .ones(), "temperature": .ones(),
      "optimizer": optimizer(), "epoch": 3, "ema": Self.plain, "optimizer.lr": 0.1, "args.lr": 0.1,
    ]
    let stateDict = try #require(root.dictionary.flatMap { StateDict($0) })
    let (model, leftOut) = stateDict.modelOnly
    #expect(
      model.names.sorted() == [
        "_extra_state", "fc._extra_state", "fc.weight", "q._packed_params.dtype", "q.scale",
        "temperature",
      ])
    #expect(leftOut.sorted() == ["args.lr", "ema", "epoch", "optimizer", "optimizer.lr"])
  }
}
