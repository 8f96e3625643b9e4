import DBNCheckpoints
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// The mode in which `run` and `recalibrate` run the BatchNorms of a program: each in its own, unless
/// one is given.
struct RunModeTests {
  private let folder: TemporaryFolder
  private static let fixture = Fixture("export/batch-norms/2.13")

  init() throws {
    folder = try TemporaryFolder()
    var inputs = StateDict()
    inputs["x"] = try Tensor(
      rounding: (0..<144).map { Double($0 * $0 % 41) / 41 }, to: .float32, shape: [4, 3, 3, 4])
    try Checkpoint(root: .dictionary(inputs.dictionary)).write(to: folder.file("x.h5"))
  }

  private func run(_ program: String, _ arguments: String...) throws -> Command {
    try Command(
      [
        "run", Self.fixture.file("\(program).pt2"), "--input", folder.file("x.h5"), "--output",
        folder.file("y.h5"), "--force",
      ] + arguments)
  }

  /// The tensors that a pass moves.
  private func moved(_ program: String, _ arguments: String...) throws -> Set<String> {
    let command = try Command(
      [
        "run", Self.fixture.file("\(program).pt2"), "--input", folder.file("x.h5"), "--output",
        folder.file("y.h5"), "--save-state", folder.file("s.h5"), "--force",
      ] + arguments)
    #expect(command.status == 0, "\(command.error)")
    let before = try Checkpoint.open(Self.fixture.file("\(program).pt2")).stateDict()
    let after = try Checkpoint.open(folder.file("s.h5")).stateDict()
    return try Set(
      before.names.filter { try before[$0]?.doubles() != after[$0]?.doubles() })
  }

  private func buffers(of module: String) -> Set<String> {
    Set(["running_mean", "running_var", "num_batches_tracked"].map { "\(module).\($0)" })
  }

  @Test func frozenStatisticsMoveOnlyIfTheModeIsGiven() throws {
    #expect(try moved("partly-frozen-train") == buffers(of: "live"))
    #expect(
      try moved("partly-frozen-train", "--mode", "train")
        == buffers(of: "live").union(buffers(of: "frozen")))
  }

  @Test(arguments: [
    ("partly-frozen-train", nil, "as-exported", ""),
    ("partly-frozen-train", "train", "train", "1 of 2 BatchNorms"),
    ("partly-frozen-train", "eval", "eval", "beginning with 'live'"),
    ("momentum-zero", nil, "eval", ""), ("momentum-zero-train", nil, "train", ""),
    ("momentum-zero", "train", "train", "--momentum none"),
  ])
  func theModeIsReportedAndAnOverriddenOneNoted(
    program: String, mode: String?, reported: String, note: String
  ) throws {
    let command = try run(program, "--json", "--mode", mode ?? "eval")
    let own = mode == nil ? try run(program, "--json") : command
    #expect(own.status == 0, "\(own.error)")
    #expect(try JSON(parsing: own.output)["mode"]?.string == reported)
    #expect(note.isEmpty ? own.error.isEmpty : own.error.contains(note), "\(own.error)")
  }

  @Test func theMomentumIsTheUsers() throws {
    #expect(
      try moved("momentum-zero", "--mode", "train") == ["0.num_batches_tracked"])
    let arguments = ["--mode", "train", "--momentum"]
    for momentum in ["none", "0.3"] {
      #expect(
        try moved("momentum-zero", arguments[0], arguments[1], arguments[2], momentum)
          == buffers(of: "0"))
    }
    for momentum in ["-1", "1.5", "most"] {
      #expect(try run("momentum-zero", "--momentum", momentum).status == 64)
    }
  }

  /// An average, a counter, and statistics that are no BatchNorm's; saved in their own types.
  @Test func whatThePassChangesIsSavedToo() throws {
    let own: Set = ["average", "steps", "running_mean"]
    #expect(try moved("changing-train") == own.union(buffers(of: "norm")))
    let steps = try #require(try Checkpoint.open(folder.file("s.h5")).stateDict()["steps"])
    #expect(try steps.scalarType == .int64 && steps.integers() == [1])
  }

  /// A sum of means of one's own; each pass begins with what is stored.
  @Test func whatAPassInEvaluationChangesIsSavedToo() throws {
    let program = Fixture("export/programs/2.13").file("counters.pt2")
    var inputs = StateDict()
    inputs["x"] = try Tensor(
      rounding: (0..<12).map { Double($0) }, to: .float32, shape: [4, 3])
    try Checkpoint(root: .dictionary(inputs.dictionary)).write(to: folder.file("n.h5"))
    for _ in 0..<2 {
      let command = try Command(
        "run", program, "--input", folder.file("n.h5"), "--output", folder.file("y.h5"),
        "--save-state", folder.file("s.h5"), "--force")
      #expect(command.status == 0, "\(command.error)")
    }
    let before = try #require(try Checkpoint.open(program).stateDict()["seen"]).doubles()
    let after = try #require(try Checkpoint.open(folder.file("s.h5")).stateDict()["seen"])
    #expect(try after.doubles() == zip(before, [4.5, 5.5, 6.5]).map { $0 + $1 })
  }

  @Test func nothingIsSavedWhereNothingTrains() throws {
    let command = try run("momentum-zero", "--save-state", folder.file("s.h5"))
    #expect(command.status == 64 && command.error.contains("--mode train"), "\(command.error)")
    #expect(folder.contents == ["x.h5"])
  }

  @Test func recalibrationLeavesFrozenBatchNorms() throws {
    let program = Self.fixture.file("partly-frozen-train.pt2")
    let command = try Command(
      "recalibrate", program, "--weights", program, "--data", folder.file("x.h5"), "--output",
      folder.file("r.h5"))
    #expect(command.status == 0, "\(command.error)")
    #expect(command.error.contains("1 BatchNorm, beginning with 'frozen'"), "\(command.error)")
    let (before, after) = (
      try Checkpoint.open(program).stateDict(), try Checkpoint.open(folder.file("r.h5")).stateDict()
    )
    let moved = try before.names.filter { try before[$0]?.doubles() != after[$0]?.doubles() }
    #expect(Set(moved) == buffers(of: "live"))
  }

  @Test(arguments: [("train", "train"), (nil, "as-exported"), ("eval", "eval")])
  func verifyRunsEveryBatchNormInItsOwnMode(mode: String?, reported: String) throws {
    let program = Self.fixture.file("partly-frozen-train.pt2")
    let distributed = folder.file("d.h5")
    let mapping = try Command("to-distributed", program, distributed, "--world-size", "2")
    #expect(mapping.status == 0, "\(mapping.error)")
    let command = try Command(
      ["verify", program, distributed, "--model", program, "--json"]
        + (mode.map { ["--mode", $0] } ?? []))
    #expect(command.status == 0, "\(command.error)")
    #expect(try JSON(parsing: command.output)["mode"]?.string == reported)
  }
}
