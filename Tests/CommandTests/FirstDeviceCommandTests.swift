import DBNCheckpoints
import DBNExecution
import DBNTensors
import DBNTestSupport
import Testing

/// First-device BatchNorms at the command line, against the outputs and buffers of the Python
/// package's module, which is the original's since April 2021: 2 devices, batch of 5.
struct FirstDeviceCommandTests {
  private static let fixture = Fixture("export/batch-norms/2.13")
  private let folder: TemporaryFolder
  private let program = Self.fixture.file("first-device.pt2")
  private let recorded: StateDict
  private static let stated = ["--from-layout", "first-device", "--world-size", "2"]

  init() throws {
    folder = try TemporaryFolder()
    recorded = try Checkpoint.open(Self.fixture.file("first-device.safetensors")).stateDict()
    var inputs = StateDict()
    inputs["x"] = recorded["x"]
    try Checkpoint(root: .dictionary(inputs.dictionary)).write(to: folder.file("x.h5"))
  }

  private func train(_ model: String, _ arguments: [String]) throws -> Command {
    try Command(
      [
        "run", model, "--input", folder.file("x.h5"), "--output", folder.file("y.h5"), "--mode",
        "train", "--save-state", folder.file("s.h5"), "--force",
      ] + arguments)
  }

  /// The largest difference from the recorded pass, relative to the largest number of each tensor.
  private func error() throws -> Double {
    let outputs = try Checkpoint.open(folder.file("y.h5")).stateDict()
    let state = try Checkpoint.open(folder.file("s.h5")).stateDict()
    var pairs = [(outputs["output_0"], recorded["y"])]
    for name in state.names { pairs.append((state[name], recorded["after.\(name)"])) }
    return try pairs.map { found, expected in
      let (found, expected) = (
        try #require(found).doubles(), try #require(expected).doubles()
      )
      let difference = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
      return difference / (expected.map(abs).max() ?? 0)
    }.max() ?? .infinity
  }

  /// To 1e-6, since outputs and buffers are stored in float32; oneDNN to 1e-4.
  @Test(arguments: [("reference", 1e-6), ("onednn", 1e-4)])
  func trainingGivesTheOriginalsOutputsAndBuffers(
    engine: (name: String, tolerance: Double)
  ) throws {
    if engine.name == "onednn", !Engine.oneDNN.isAvailable { return }
    let command = try train(program, Self.stated + ["--engine", engine.name])
    #expect(command.status == 0, "\(command.error)")
    #expect(try error() <= engine.tolerance)
    #expect(try train(program, []).status == 0)
    #expect(try error() > 0.01)
  }

  /// A program mapped to the layout: only the file's history tells it from a standard one.
  @Test func theHistoryOfAFileIsTrusted() throws {
    let (mapped, back) = (folder.file("mapped.h5"), folder.file("back.h5"))
    #expect(
      try Command(
        "to-distributed", program, mapped, "--layout", "first-device", "--world-size", "2"
      ).status == 0)
    let command = try train(mapped, [])
    #expect(command.status == 0 && command.error.contains("its history says"), "\(command.error)")
    #expect(try error() <= 1e-6)
    #expect(try train(mapped, ["--from-layout", "standard"]).status == 0)
    #expect(try error() > 0.01)
    #expect(try Command("to-standard", mapped, back).status == 0)
    let standard = try train(back, [])
    #expect(!standard.error.contains("its history says"), "\(standard.error)")
    #expect(try error() > 0.01)
    // Training on each device's slice, the standard one gives the same.
    for (a, b) in [(program, mapped), (mapped, program)] {
      let verified = try Command("verify", a, b, "--model", program, "--mode", "train")
      #expect(verified.status == 0, "\(verified.error)\(verified.output)")
      #expect(verified.output.contains("bit-identical"))
      let which = a == mapped ? "first" : "second"
      #expect(
        verified.error.contains("of the \(which) file train as first-device ones of 2 devices"))
    }
  }

  @Test func aMappingOfSomeBatchNormsIsNotOneOfTheModel() throws {
    let mapped = folder.file("mapped.h5")
    let mapping = try Command(
      "to-distributed", program, mapped, "--layout", "first-device", "--world-size", "2",
      "--include", "1")
    #expect(mapping.status == 0, "\(mapping.error)")
    #expect(try !train(mapped, []).error.contains("its history says"))
  }

  @Test func tensorsWithRowsAreNoFirstDeviceOnes() throws {
    let replicated = folder.file("replicated.h5")
    #expect(
      try Command("to-distributed", program, replicated, "--world-size", "2").status == 0)
    let command = try train(replicated, Self.stated)
    #expect(command.status == 2 && command.error.contains("leave out --from-layout"))
    // And the other way round: rows in the program, and none in the weights.
    let rows = Self.fixture.file("rows-train.pt2")
    let standard = folder.file("standard.h5")
    let merged = try Command(
      "to-standard", rows, standard, "--statistics", "mean", "--state-dict-only")
    #expect(merged.status == 0, "\(merged.error)")
    var inputs = StateDict()
    inputs["x"] = try Tensor(
      rounding: (0..<144).map { Double($0 * $0 % 41) / 41 }, to: .float32, shape: [4, 3, 3, 4])
    try Checkpoint(root: .dictionary(inputs.dictionary)).write(to: folder.file("i.h5"))
    for (mode, isNoted) in [("train", true), ("eval", false)] {
      let command = try Command(
        "run", rows, "--weights", standard, "--input", folder.file("i.h5"), "--output",
        folder.file("y.h5"), "--force", "--mode", mode)
      #expect(command.status == 0, "\(command.error)")
      #expect(command.error.contains("they train on the whole batch") == isNoted)
    }
  }

  @Test(arguments: [
    ["--from-layout", "first-device"], ["--world-size", "2"], ["--accumulation-steps", "2"],
    ["--from-layout", "first-device", "--world-size", "0"],
    ["--from-layout", "first-device", "--world-size", "2", "--accumulation-steps", "0"],
    ["--from-layout", "first-devise"],
  ])
  func whatIsStatedMustBeComplete(arguments: [String]) throws {
    let command = try train(program, arguments)
    #expect(command.status == 64, "\(command.error)")
  }

  /// Evaluation and recalibration take it too; only device 0 is measured.
  @Test func everyCommandThatRunsAModelTakesTheLayout() throws {
    let recalibrated = folder.file("r.h5")
    let command = try Command(
      ["recalibrate", program, "--weights", program, "--data", folder.file("x.h5"), "--output"]
        + [recalibrated] + Self.stated)
    #expect(command.status == 0, "\(command.error)")
    let evaluated = try Command(
      ["verify", program, program, "--model", program, "--mode", "train"] + Self.stated)
    #expect(evaluated.status == 0, "\(evaluated.error)")
    let alone = try Command(["verify", program, program, "--mode", "train"] + Self.stated)
    #expect(alone.status == 64 && alone.error.contains("--model"))
  }

  @Test func whatIsStandardAlreadyIsCopied() throws {
    let (copy, other) = (folder.file("copy.h5"), folder.file("other.h5"))
    let command = try Command("to-standard", program, copy, "--verify")
    #expect(command.status == 0 && command.error.contains("is a copy"), "\(command.error)")
    #expect(command.output.contains("a copy of"))
    #expect(try Command("verify", program, copy).output.contains("bit-identical"))
    let strict = try Command("to-standard", program, other, "--strict")
    #expect(strict.status == 2 && strict.error.contains("already standard"), "\(strict.error)")
    #expect(!folder.contents.contains("other.h5"))
  }

  @Test func settingsAreWritten() throws {
    let copy = folder.file("copy.h5")
    let command = try Command(
      "to-standard", program, copy, "--eps", "0.25", "--momentum", "none", "--verify")
    #expect(command.status == 0, "\(command.error)")
    let settings = try Checkpoint.open(copy).batchNormSettings
    for name in ["1", "4"] {
      #expect(settings[name] == BatchNormSettings(epsilon: 0.25, momentum: .cumulative))
    }
  }
}
