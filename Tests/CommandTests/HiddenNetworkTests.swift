import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Testing

/// What the commands say and write of networks in unusual places of a file.
struct HiddenNetworkTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func network(_ mean: Double = 1) throws -> CheckpointDictionary {
    try StateDict.batchNorm(means: [[mean, 2]], variances: [[3, 4]], counters: [5]).dictionary
  }

  private func write(_ root: CheckpointValue, _ name: String = "in.pth") throws -> String {
    let file = folder.file(name)
    try Checkpoint(root: root).write(to: file)
    return file
  }

  private var optimizer: CheckpointValue {
    ["state": [0: ["exp_avg": .ones(3)]], "param_groups": [["params": [0]]]]
  }

  /// A root that is a state dict with an average, an optimizer and a number among its tensors.
  private func crowded() throws -> CheckpointValue {
    var root = try network()
    root.set("bn._extra_state", to: ["amax": .ones(3)])
    root.set("ema", to: .dictionary(try network()))
    root.set("optimizer", to: optimizer)
    root.set("epoch", to: 3)
    return .dictionary(root)
  }

  @Test func verifyComparesAnAverageAmongCallbacks() throws {
    let files = try [1.0, 9].map { mean in
      try write(
        [
          "state_dict": .dictionary(network()),
          "callbacks": ["EMA": ["ema_weights": .dictionary(network(mean))]],
        ], "\(mean).pth")
    }
    let same = try Command("verify", files[0], files[0])
    #expect(same.status == 0, "\(same.error)")
    let different = try Command("verify", files[0], files[1])
    #expect(different.status == 1, "\(different.output)")
    #expect(different.output.contains("callbacks/EMA/ema_weights"))
    let info = try Command("info", files[0])
    #expect(info.error.contains("--entry callbacks/EMA/ema_weights"), "\(info.error)")
  }

  @Test func anAverageInsideARootStateDictIsNamed() throws {
    let file = try write(crowded())
    let info = try Command("info", file)
    #expect(
      info.error.contains(
        "note: the state dict is at the root; also in the file: ema (6 tensors, 1 BatchNorm; "
          + "--entry ema); "
          + "optimizer: a tensor; "), "\(info.error)")
    let chosen = try Command("info", file, "--entry", "ema")
    #expect(chosen.status == 0, "\(chosen.error)")
    // A module's own mapping is no other network.
    var plain = try network()
    plain.set("bn._extra_state", to: ["amax": .ones(3)])
    let alone = try Command("info", write(.dictionary(plain), "plain.pth"))
    #expect(!alone.error.contains("also in the file"), "\(alone.error)")
  }

  @Test func theStateDictOnlyIsWithoutWhatTrainingPutAmongItsTensors() throws {
    let output = folder.file("out.pth")
    let command = try Command(
      "convert", write(crowded()), output, "--state-dict-only", "--verify", "--json")
    #expect(command.status == 0, "\(command.error)")
    let names = try Checkpoint.open(output).stateDict().names
    #expect(names == (try network()).entries.compactMap(\.key.string) + ["bn._extra_state"])
    let notes = try JSON(parsing: command.output)["notes"]?.array?.compactMap(\.string) ?? []
    #expect(notes.contains { $0.hasSuffix("left out: ema, optimizer, epoch") }, "\(notes)")
    for note in notes { #expect(command.error.contains(note)) }
  }

  @Test func anAverageWithCountersOfItsOwnIsNotTaken() throws {
    for extra: [CheckpointDictionary.Key: CheckpointValue] in [
      ["step": .ones()], ["decay": .ones(1)], ["initted": .ones(), "module.extra": .ones(1)],
    ] {
      var average = try network()
      for (key, value) in extra { average.set(key, to: value) }
      let file = try write(
        ["model": .dictionary(network()), "net_ema": .dictionary(average)],
        "\(extra.count)\(extra.keys.first?.description ?? "").pth")
      let json = try JSON(parsing: Command("info", file, "--json").output)
      #expect(json["entry"] == "model")
    }
  }

  @Test func infoAndCheckTellNotesInJSONToo() throws {
    let file = try write(["model": .dictionary(network()), "net_ema": .dictionary(network())])
    let info = try Command("info", file, "--json")
    let notes = try JSON(parsing: info.output)["notes"]?.array?.compactMap(\.string) ?? []
    #expect(notes.count == 1 && info.error.contains("note: \(notes.first ?? "none")"))
    let check = try Command("check", file, "--json")
    #expect(try JSON(parsing: check.output)["notes"] == [])
    let attributes = Fixture("hdf5/h5py-attributes").file("weights.h5")
    for command in ["info", "check"] {
      let json = try JSON(parsing: Command(command, attributes, "--json").output)
      let notes = json["notes"]?.array?.compactMap(\.string) ?? []
      let isNoted = notes.contains { $0.hasPrefix("2 empty HDF5 groups are left out") }
      #expect(isNoted, "\(command) \(notes)")
    }
  }
}
