import DBNTensors
import DBNTestSupport
import Testing

/// An Adam's state after one step on one parameter of this shape.
func optimizer(_ count: Int = 3) -> CheckpointValue {
  [
    "state": [0: ["step": .ones(), "exp_avg": .ones(count)]],
    "param_groups": [["lr": 0.1, "params": [0]]],
  ]
}

/// What training keeps beside a model is neither a state dict nor left unsaid.
struct TrainingStateTests {
  private static let states: [(String, CheckpointValue)] = [
    ("optimizer", optimizer()), ("anything", optimizer()), ("optimizer_states", [optimizer()]),
    ("optimizers", ["a": ["deeper": optimizer()]]),
    // By names, as torch.distributed keeps it, and with joined keys.
    ("o", ["state": ["w": ["exp_avg": .ones(3)]], "param_groups": [["params": ["w"]]]]),
    ("o", ["state.w.exp_avg": .ones(3), "param_groups.w.lr": 0.1]),
    // Of DeepSpeed, and one parameter's alone.
    ("optimizer_state_dict", ["partitions": ["flat": .ones(90)]]),
    ("zero", ["zero_stage": 2, "groups": ["flat": .ones(90)]]),
    ("o", ["base_optimizer_state": [["exp": .ones(90)]]]),
    ("o", [0: ["momentum_buffer": .ones(3)]]),
    ("optim", ["flat": .ones(90)]), ("g_optim", ["flat": .ones(90)]),
    ("discriminatorOptimizer", ["flat": .ones(90)]),
    // Schedules, scalers, generators, Lightning's.
    ("s", ["last_epoch": 3, "base_lrs": [0.1], "table": .ones(9)]),
    ("lr_schedulers", [["table": .ones(9)]]),
    ("s", ["growth_factor": 2.0, "backoff_factor": 0.5, "scale": .ones(1)]),
    ("rng_state", ["torch": .ones(90), "cuda": .ones(9)]),
    ("r", ["python": [1], "numpy": [2], "cpu": .ones(90)]),
    ("callbacks", ["ModelCheckpoint": ["best_model_score": .ones(1)]]),
    ("loops", ["fit_loop": ["results": .ones(4)]]),
    ("hyper_parameters", ["class_weights": .ones(9)]),
  ]

  @Test(arguments: states.indices)
  func itIsNoStateDict(index: Int) throws {
    let (name, state) = Self.states[index]
    for root: CheckpointValue in [
      .dictionary(["model": ["w": .ones(3)], .string(name): state]),
      .dictionary([.string(name): state, "train": ["model": ["w": .ones(3)]]]),
    ] {
      let checkpoint = Checkpoint(root: root)
      #expect(checkpoint.stateDicts.count == 1, "\(name)")
      #expect("\(checkpoint.stateDicts[0].entry)".hasSuffix("model"))
      let outside = checkpoint.outside(checkpoint.stateDictEntries)
      #expect(outside.places.map { "\($0.entry)" } == [name])
      #expect(outside.places.allSatisfy { $0.isTrainingState }, "\(name)")
    }
    let alone = Checkpoint(root: .dictionary([.string(name): state]))
    let error = #expect(throws: CheckpointError.self) { try alone.findStateDict() }
    #expect(error?.code == .noStateDict)
  }

  @Test(arguments: [
    "optimal", "state", "stems", "rngs_net", "averager", "schedule", "model_optimum",
  ])
  func otherNamesAreNotTaken(name: String) throws {
    let checkpoint = Checkpoint(root: .dictionary([.string(name): ["w": .ones(3)]]))
    #expect(checkpoint.stateDictEntries == [EntryPath([.string(name)])])
  }

  @Test func whatIsOutsideIsSummedUp() throws {
    let checkpoint = Checkpoint(
      root: [
        "epoch": 1, "backbone": ["w": .ones(3), "_extra_state": ["scale": .ones(1)], "v": 1],
        "loss": .ones(), "optimizer": optimizer(), "more": ["ema": ["w": .ones(3)], "lr": [0.1]],
        "empty": [:],
      ])
    let entry = EntryPath("backbone")
    #expect(
      checkpoint.outside([entry]).phrases() == [
        "backbone/_extra_state: a tensor", "loss: a tensor", "optimizer: 2 tensors",
        "more: a tensor", "3 other values",
      ])
    #expect(
      checkpoint.outside([entry, EntryPath("more/ema")]).phrases(limit: 1) == [
        "backbone/_extra_state: a tensor", "3 tensors in 2 other entries", "4 other values",
      ])
    #expect(checkpoint.outside([]).phrases() == [": 6 tensors"])
    let plain = Checkpoint(root: ["w": .ones(3)])
    #expect(plain.outside([EntryPath()]).isEmpty)
  }

  @Test func tensorsInAListAreNoStateDictButCanBeCompared() throws {
    let list: CheckpointValue = [.ones(2), 7, .ones(3)]
    let checkpoint = Checkpoint(
      root: ["parameters": list, "config": [:], "few": .tuple([.ones(2)]), "loss": .ones()])
    let error = #expect(throws: CheckpointError.self) { try checkpoint.findStateDict() }
    #expect(
      error?.reason
        == "there is no state dict: 'parameters' is a list of tensors, which have no names")
    #expect(checkpoint.tensorLists.map { "\($0.entry)" } == ["parameters", "few"])
    #expect(try checkpoint.tensorList(at: EntryPath("parameters")).names == ["0", "2"])
    #expect(
      checkpoint.outside(checkpoint.tensorLists.map(\.entry)).phrases()
        == ["loss: a tensor", "2 other values"])
    let numbered = Checkpoint(root: [0: .ones(2), "0": .ones(3), 5: .ones(4)])
    #expect(numbered.tensorLists.count == 1)
    #expect(try numbered.tensorList(at: EntryPath()).names == ["0", "0'", "5"])
    let optimizers = Checkpoint(root: ["optimizer": ["groups": [.ones(9)]], "x": [.ones(2)]])
    #expect(optimizers.tensorLists.map { "\($0.entry)" } == ["x"])
    #expect(Checkpoint(root: ["model": ["w": .ones(2)], "x": [.ones(2)]]).tensorLists.isEmpty)
  }
}
