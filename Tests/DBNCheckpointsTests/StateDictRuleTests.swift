import DBNTensors
import DBNTestSupport
import Testing

/// The rule by which a state dict is found, clause by clause.
struct StateDictRuleTests {
  /// One with BatchNorms under these names and so many further tensors.
  private func model(_ names: [String] = ["bn"], others: Int = 1) -> CheckpointValue {
    var dictionary = CheckpointDictionary(.orderedDict)
    for number in 0..<others { dictionary.set(.string("conv\(number).weight"), to: .ones(2, 2)) }
    for name in names {
      for part in ["weight", "bias", "running_mean", "running_var"] {
        dictionary.set(.string("\(name).\(part)"), to: .ones(2))
      }
    }
    return .dictionary(dictionary)
  }

  private func entry(_ root: CheckpointValue) throws -> String {
    "\(try Checkpoint(root: root).findStateDict().entry)"
  }

  private func entries(_ root: CheckpointValue) -> [String] {
    Checkpoint(root: root).stateDictEntries.map { "\($0)" }
  }

  @Test func theMappingWithMostBatchNormsWins() throws {
    let small = model(["bn1"], others: 20)
    #expect(try entry(["state_dict": small, "big": model(["bn1", "bn2"])]) == "big")
    #expect(
      entries(["state_dict": small, "big": model(["bn1", "bn2"])]) == ["big", "state_dict"])
  }

  @Test(arguments: [
    "running_mean", "bn.running_mean", "bn/running_mean", "bn.split_bn.running_mean",
    "batch_normalization.moving_mean", "bn/moving_mean:0",
  ])
  func theNamesOfAllLayoutsCountAsBatchNorms(key: String) throws {
    let root: CheckpointValue = [
      "a": model([], others: 9), "b": .dictionary([.string(key): .ones(2)]),
    ]
    let found = Checkpoint(root: root).stateDicts
    #expect(found.map(\.batchNormCount) == [1, 0] && "\(found[0].entry)" == "b")
  }

  @Test(arguments: ["my_running_mean", "running_mean.x", "bn.running_means", "mean"])
  func otherNamesDoNot(key: String) throws {
    #expect(
      try entry(["a": model([], others: 2), "b": .dictionary([.string(key): .ones(2)])]) == "a")
  }

  @Test func thenTheOneWithMostTensorsWins() throws {
    #expect(try entry(["state_dict": model(others: 2), "x": model(others: 3)]) == "x")
    #expect(try entry(["model": model([], others: 2), "x": model([], others: 3)]) == "x")
  }

  @Test func aStrayTensorDoesNotMakeTheRootTheStateDict() throws {
    let root: CheckpointValue = [
      "epoch": 1, "backbone": model(), "head": ["w": .ones(2)], "loss": .ones(),
    ]
    #expect(entries(root) == ["backbone", "head"])
    #expect(try entry(["backbone": model(), "mean": .ones(3), "std": .ones(3)]) == "backbone")
  }

  @Test func scalarsMakeAStateDictOnlyWhereThereIsNothingElse() throws {
    let metrics: CheckpointValue = ["loss": .ones(), "top1": .ones(), "top5": .ones()]
    #expect(entries(["metrics": metrics, "net": ["w": .ones(2)]]) == ["net"])
    #expect(entries(["loss": .ones(), "top1": .ones(), "net": ["w": .ones(2)]]) == ["net"])
    #expect(entries(["metrics": metrics, "epoch": 3]) == ["metrics"])
    #expect(entries(["loss": .ones(), "parameters": [.ones(2)]]).isEmpty)
  }

  @Test func aMappingWithoutTensorsIsNone() throws {
    #expect(
      entries([
        "meters": ["acc": [1.0, 2.0]], "config": [:], "ds_config": ["zero": [:]], "x": model(),
      ]) == ["x"])
    for root: CheckpointValue in [["state_dict": [:], "epoch": 3], ["config": [:]], 42, []] {
      let error = #expect(throws: CheckpointError.self) { try entry(root) }
      #expect(error?.code == .noStateDict)
    }
  }

  @Test func aFileOfAnEmptyMappingIsTheStateDictOfAModelWithoutTensors() throws {
    #expect(try entry([:]) == "")
  }

  @Test func aMappingWithoutTensorsIsNoneEvenIfItIsNamed() throws {
    let checkpoint = Checkpoint(root: ["config": [:], "model": ["encoder": model()]])
    for name in ["config", "model"] {
      let error = #expect(throws: CheckpointError.self) {
        try checkpoint.stateDict(at: EntryPath(name))
      }
      #expect(error?.code == .noStateDict && error?.name == name)
      if name == "model" {
        #expect(error?.advice == "choose one inside it with \(.entry("model/encoder"))")
      }
    }
  }

  @Test(arguments: [4, 30, 190])
  func depthIsNoLimit(depth: Int) throws {
    var root = model()
    for _ in 0..<depth { root = ["inner": root, "note": 1] }
    #expect(try entry(root) == Array(repeating: "inner", count: depth).joined(separator: "/"))
  }

  @Test func ofMappingsInsideOneAnotherTheBetterIsAccepted() throws {
    let extra: CheckpointValue = ["conv0.weight": .ones(2), "_extra_state": ["scale": .ones(2)]]
    #expect(entries(extra) == [""])
    #expect(entries(["a": ["stray": .ones(2), "b": model()]]) == ["a/b"])
    // A worse one between two better ones, and two inside one that is better than both.
    let nested: CheckpointValue = [
      "w": .ones(1), "x": .ones(1), "in": ["w": .ones(1), "m": model()],
    ]
    #expect(entries(nested) == ["in/m"])
    guard var outer = model(["p", "q"]).dictionary else { return }
    outer.set("one", to: model(["a"]))
    outer.set("two", to: model(["b"]))
    #expect(entries(.dictionary(outer)) == [""])
    #expect(
      entries(["loss": .ones(4), "one": model(["a"]), "two": model(["b"], others: 0)]) == [
        "one", "two",
      ])
  }

  @Test(arguments: [
    "ema", "state_dict_ema", "emaModel", "model_EMA", "teacher", "swa_model", "target_net",
    "averaged_model",
  ])
  func copiesLoseToTheModel(name: String) throws {
    let root: CheckpointValue = .dictionary([.string(name): model(), "online_weights": model()])
    #expect(try entry(root) == "online_weights")
  }

  @Test func theCounterOfAnAverageMakesItNoLarger() throws {
    guard var average = model().dictionary else { return }
    average.set("n_averaged", to: .ones())
    let found = Checkpoint(root: ["swa": .dictionary(average), "net": model()]).stateDicts
    #expect(found.map { "\($0.entry)" } == ["net", "swa"] && found[1].tensorCount == 6)
  }

  @Test func aUsualNameWinsThenTheShorterPath() throws {
    #expect(try entry(["best": model(), "net": model()]) == "net")
    #expect(try entry(["model": model(), "state_dict": model()]) == "state_dict")
    #expect(try entry(["a": ["b": model()], "c": model()]) == "c")
  }

  @Test func equallyGoodOnesAreAnErrorThatNamesThem() throws {
    let error = #expect(throws: CheckpointError.self) {
      try entry(["generator": model(), "discriminator": model(), "small": ["w": .ones(1)]])
    }
    #expect(error?.code == .noStateDict)
    #expect(error?.reason == "2 entries could be the state dict: generator, discriminator")
    #expect(error?.advice == "choose one with \(.anyEntry): \(.entry("generator"))")
  }

  @Test func mappingsWithNumbersForKeysAreNone() throws {
    #expect(
      entries(["model": ["w": .ones(2)], "buffers": [0: .ones(2), 1: .ones(2)]]) == ["model"])
  }

  @Test func noMoreAreListedThanTheLimit() throws {
    var steps = (0..<5000).map { _ in CheckpointValue.dictionary(["action": .ones(2)]) }
    steps.insert(model(), at: 4000)
    let found = Checkpoint(root: ["replay": .list(steps)]).stateDicts
    #expect(found.count == CheckpointLimits.stateDicts)
    #expect(found.prefix(3).map { "\($0.entry)" } == ["replay/4000", "replay/0", "replay/1"])
    let error = #expect(throws: CheckpointError.self) { try entry(.list(Array(steps[..<3000]))) }
    #expect(
      error?.reason == "1000 or more entries could be the state dict: 0, 1, 2, 3, 4, ...")
  }
}
