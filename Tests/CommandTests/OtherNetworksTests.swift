import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Every command that finds a state dict by itself names what else the file holds, once.
struct OtherNetworksTests {
  private let folder: TemporaryFolder
  private static let digits = Fixture("torch/digits-shards")

  init() throws {
    folder = try TemporaryFolder()
  }

  private static func entry(_ name: String) -> String {
    Fixture("torch/entries/\(name)").file("checkpoint.pth")
  }

  /// The lines that are notes, but for those on the health of fixtures that were never trained.
  private func notes(_ command: Command) -> [Substring] {
    command.error.split(separator: "\n").filter {
      $0.hasPrefix("dbn-convert: note: ") && !$0.contains("untrained")
    }
  }

  private func expectOneNote(_ command: Command, _ text: String) {
    #expect(command.status == 0, "\(command.error)")
    #expect(notes(command) == ["dbn-convert: note: \(text)"])
  }

  @Test(arguments: [
    ["info"], ["to-distributed", "out.pth", "--world-size", "4"],
    ["convert", "out.h5", "--state-dict-only"], ["convert", "out.h5", "--cast", "float16"],
    ["convert", "out.h5", "--rename", "s/^/net./"],
    ["convert", "out.safetensors", "--strip-prefix", "0."],
  ])
  func aStrayTensorAndAnotherNetworkAreNamed(arguments: [String]) throws {
    let file = Self.entry("backbone")
    var all = [arguments[0], file] + arguments.dropFirst()
    if all.count > 2 { all[2] = folder.file(all[2]) }
    let verb =
      arguments == ["info"]
      ? "also in the file" : arguments.last == "--state-dict-only" ? "left out" : "unchanged"
    let note =
      "the state dict is 'backbone'; \(verb): head (1 tensor; --entry head); loss: a tensor; "
      + "1 other value"
    expectOneNote(try Command(all), note)
    let chosen = try Command(
      all.map { $0.replacing("out", with: "two") } + ["--entry", "backbone"])
    #expect(chosen.status == 0 && notes(chosen).isEmpty, "\(chosen.error)")
    guard all.count > 2 else { return }
    let json = try JSON(
      parsing: Command(all.map { $0.replacing("out", with: "json") } + ["--json"]).output)
    #expect(json["notes"] == [.string(note)])
  }

  @Test func mappingTakesTheBackboneAndKeepsTheRest() throws {
    let output = folder.file("out.pth")
    let command = try Command(
      "to-distributed", Self.entry("backbone"), output, "--world-size", "4", "--verify")
    #expect(command.status == 0, "\(command.error)")
    let result = try Checkpoint.open(output)
    #expect(try result.stateDict(at: EntryPath("backbone"))["1.running_mean"]?.shape == [4, 2])
    #expect(try result.stateDict(at: EntryPath("head")).names == ["w"])
    #expect(result.root.dictionary?["loss"]?.tensor?.shape == [])
  }

  @Test func anAverageIsNamedWithItsBatchNorms() throws {
    expectOneNote(
      try Command(
        "to-distributed", Self.entry("averaged"), folder.file("a.h5"), "--world-size", "2"),
      "the state dict is 'online'; unchanged: swa (7 tensors, 1 BatchNorm; --entry swa)")
  }

  @Test func largerStrayTensorsAreNamed() throws {
    let root: CheckpointValue = [
      "model": ["v": .ones(2), "w": .ones(2)], "prior": .ones(4), "loss": .ones(), "epoch": 3,
    ]
    let file = folder.file("in.pth")
    try Checkpoint(root: root).write(to: file)
    expectOneNote(
      try Command("info", file),
      "the state dict is 'model'; also in the file: prior: a tensor; loss: a tensor; 1 other value")
  }

  @Test func trainingStateAndALossAreNoNote() throws {
    try Checkpoint(root: ["model": ["w": .ones(2)], "loss": .ones()])
      .write(to: folder.file("loss.pth"))
    let loss = try Command("info", folder.file("loss.pth"))
    #expect(loss.status == 0 && notes(loss).isEmpty, "\(loss.error)")
    for name in ["lightning", "nested", "net", "model-state-dict", "plain-dict"] {
      let command = try Command("info", Self.entry(name))
      #expect(command.status == 0 && notes(command).isEmpty, "\(command.error)")
    }
  }

  @Test(arguments: [
    ("tensor-list", "'parameters' is a list of tensors, which have no names"),
    ("deepspeed-optimizer", "one rank's part of an optimizer of DeepSpeed ZeRO"),
    ("equal-networks", "2 entries could be the state dict: a, b; choose one with --entry"),
    ("empty-state-dict", "no mapping of names to tensors"),
  ])
  func withoutAStateDictNothingIsWritten(name: String, reason: String) throws {
    let output = folder.file("out.pth")
    for arguments in [
      ["convert", Self.entry(name), output, "--state-dict-only"],
      ["convert", Self.entry(name), output, "--cast", "float16"],
      ["to-distributed", Self.entry(name), output, "--world-size", "2"],
      ["to-standard", Self.entry(name), output],
    ] {
      let command = try Command(arguments)
      #expect(command.status == 2 && command.error.contains(reason), "\(command.error)")
    }
    #expect(folder.contents.isEmpty)
  }

  @Test(arguments: ["config", "loss"])
  func aNamedMappingWithoutTensorsIsNotWritten(entry: String) throws {
    let root: CheckpointValue = ["model": ["w": .ones(2)], "config": ["lr": 0.1], "loss": .ones()]
    try Checkpoint(root: root).write(to: folder.file("in.pth"))
    let command = try Command(
      "convert", folder.file("in.pth"), folder.file("out.pth"), "--state-dict-only", "--entry",
      entry)
    #expect(command.status == 2 && command.error.contains("'\(entry)'"), "\(command.error)")
    #expect(folder.contents == ["in.pth"])
  }

  @Test func theEntryOfANoteIsAnArgumentAsItStands() throws {
    let root: CheckpointValue = [
      "model": ["v": .ones(2), "w": .ones(2)], "my net's/2": ["w": .ones(2)],
    ]
    let file = folder.file("in.pth")
    try Checkpoint(root: root).write(to: file)
    let note = try #require(notes(try Command("info", file)).first)
    let start = try #require(note.ranges(of: "--entry ").first?.upperBound)
    let argument = note[start...].dropLast()
    let command = try Command(
      after: "set -- \"$@\" --entry \(argument)", "info", file)
    #expect(command.status == 0, "\(command.error)")
    #expect(command.output.contains("state dict at my net's%2F2, 1 tensor,"))
  }

  @Test func scatterAndGatherNameThem() throws {
    func network(_ row: Double) throws -> CheckpointValue {
      .dictionary(
        try StateDict.batchNorm(
          means: [[row, 1], [2, 3]], variances: [[1, 1], [1, 1]], counters: [1, 2]
        )
        .dictionary)
    }
    let input = folder.file("two.pth")
    try Checkpoint(root: ["model": network(0), "ema": network(1)]).write(to: input)
    expectOneNote(
      try Command("scatter", input, folder.file("rank-%d.pth")),
      "the state dict is 'model'; unchanged: ema (6 tensors, 1 BatchNorm; --entry ema)")
    expectOneNote(
      try Command(
        "gather", folder.file("rank-0.pth"), folder.file("rank-1.pth"), "--output",
        folder.file("back.pth")),
      "the state dict is 'model'; unchanged: ema (6 tensors, 1 BatchNorm; --entry ema)")
    let difference = try Command("diff", input, folder.file("back.pth"))
    #expect(difference.status == 0, "\(difference.output)")
  }

  /// The digits network with a moving average that has the same weights.
  private func digits() throws -> String {
    let file = folder.file("digits.pth")
    let stateDict = CheckpointValue.dictionary(
      try Checkpoint.open(Self.digits.file("checkpoint.pth")).stateDict().dictionary)
    try Checkpoint(root: ["state_dict_ema": stateDict, "state_dict": stateDict]).write(to: file)
    return file
  }

  @Test func runEvalAndRecalibrateNameThem() throws {
    let (weights, model) = (try digits(), Self.digits.file("model.pt2"))
    func note(_ verb: String) -> String {
      "the state dict is 'state_dict'; \(verb): state_dict_ema (20 tensors, 3 BatchNorms; --entry "
        + "state_dict_ema)"
    }
    let data = ["--data", Self.digits.file("test.npz"), "--divide", "16", "--batch", "64"]
    let evaluated = try Command(["eval", model, "--weights", weights] + data)
    #expect(notes(evaluated).contains { $0.hasSuffix(note("not used")) }, "\(evaluated.error)")
    let recalibrated = try Command(
      ["recalibrate", model, "--weights", weights, "--output", folder.file("r.h5")] + data)
    #expect(
      notes(recalibrated).count { $0.hasSuffix(note("unchanged")) } == 1,
      "\(recalibrated.error)")
    var inputs = StateDict()
    inputs["x"] = try Tensor(
      rounding: Array(repeating: 0.5, count: 4 * 64), to: .float32, shape: [4, 1, 8, 8])
    try Checkpoint(root: .dictionary(inputs.dictionary)).write(to: folder.file("x.npz.h5"))
    let run = try Command(
      "run", model, "--weights", weights, "--input", folder.file("x.npz.h5"), "--output",
      folder.file("y.h5"))
    #expect(
      run.status == 0 && notes(run).contains { $0.hasSuffix(note("not used")) }, "\(run.error)")
  }
}
