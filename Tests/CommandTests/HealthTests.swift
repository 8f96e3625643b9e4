import DBNBatchNorm
import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Testing

/// What the commands say of sick statistics, and of counters of one dimension.
struct HealthTests {
  private let folder: TemporaryFolder
  private let replicated = Fixture("torch/digits-replicated").file("checkpoint.pth")

  init() throws {
    folder = try TemporaryFolder()
  }

  /// The replicated digits network, with one number of device 3 changed in bn1.
  private func sick(_ value: Double) throws -> String {
    let checkpoint = try Checkpoint.open(replicated)
    var (entry, stateDict) = try checkpoint.findStateDict()
    let variance = try #require(stateDict["bn1.running_var"])
    var numbers = try variance.doubles()
    numbers[numbers.count - 1] = value
    stateDict["bn1.running_var"] = try Tensor(
      rounding: numbers, to: variance.scalarType, shape: variance.shape)
    let path = folder.file("sick.pth")
    try checkpoint.replacingStateDict(at: entry, with: stateDict).write(to: path)
    return path
  }

  @Test(arguments: ["info", "check", "convert", "to-standard", "to-distributed", "scatter"])
  func everyCommandNotesANegativeVariance(subcommand: String) throws {
    let input = try sick(-1)
    let arguments =
      switch subcommand {
      case "info", "check": [input]
      case "to-standard": [input, folder.file("out.h5"), "--statistics", "first"]
      case "to-distributed":
        [input, folder.file("out.h5"), "--world-size", "4", "--layout", "ghost"]
      case "scatter": [input, folder.file("rank-%d.pth")]
      default: [input, folder.file("out.h5")]
      }
    let result = try Command([subcommand] + arguments + ["--json"])
    #expect(result.status == 0, "\(result.error)")
    let health = try JSON(parsing: result.output)["health"]?.array
    #expect(health?.first?["name"] == "bn1" && health?.first?["issue"] == "negative_variance")
    #expect(health?.first?["channels"] == 1 && health?.first?["device"] == 3)
    let said = "1 of 3 BatchNorms has a negative running variance: bn1 (1 of "
    if subcommand == "info" {
      #expect(try Command("info", input).output.contains("note: \(said)"))
    } else {
      #expect(result.error.contains("note: \(said)"), "\(result.error)")
    }
  }

  @Test func gatherNotesANotFiniteVariance() throws {
    let input = try sick(.nan)
    #expect(try Command("scatter", input, folder.file("rank-%d.pth")).status == 0)
    let ranks = (0..<4).map { folder.file("rank-\($0).pth") }
    let gathered = try Command(["gather"] + ranks + ["--output", folder.file("all.h5"), "--json"])
    #expect(gathered.status == 0, "\(gathered.error)")
    let health = try JSON(parsing: gathered.output)["health"]?.array
    #expect(health?.map { $0["issue"] } == ["not_finite"] && health?.first?["device"] == 3)
  }

  @Test func aCastThatMakesVariancesZeroIsNoted() throws {
    let input = try sick(1e-9)
    let plain = try Command("convert", input, folder.file("plain.h5"), "--json")
    #expect(try JSON(parsing: plain.output)["health"] == [])
    let cast = try Command(
      "convert", input, folder.file("cast.h5"), "--cast", "float16", "--cast-statistics", "--json")
    let health = try JSON(parsing: cast.output)["health"]?.array
    #expect(health?.map { $0["issue"] } == ["zero_variance", "float16_underflow"])
  }

  /// In all of these a new module's statistics are all that there is to say.
  @Test func healthyFixturesHaveNoIssues() throws {
    var count = 0
    for fixture in ["torch", "torch/entries", "torch/legacy", "layouts", "batchnorm"]
      .flatMap(Fixture.all)
    {
      guard let checkpoint = try? Checkpoint.open(fixture.file("checkpoint.pth")) else { continue }
      let health = BatchNormHealth(checkpoint)
      count += health.batchNormCount
      let sick = health.items.filter { $0.issue != .neverTrained }
      #expect(sick.isEmpty, "\(fixture): \(health.sentences)")
    }
    #expect(count > 70)
  }

  /// As PyTorch before 0.4 saved them, and as `load_state_dict` still takes them.
  @Test func countersOfOneDimensionAreMapped() throws {
    let input = Fixture("torch/counter-vectors").file("checkpoint.pth")
    let info = try JSON(parsing: Command("info", input, "--json").output)
    #expect(info["batch_norms"]?.array?.map { $0["layout"] } == ["standard", "standard"])
    #expect(info["unrecognised"] == [])
    let (there, back) = (folder.file("there.pth"), folder.file("back.pth"))
    let mapped = try Command("to-distributed", input, there, "--world-size", "4", "--verify")
    #expect(mapped.status == 0 && mapped.output.contains("bit-identical"), "\(mapped.error)")
    #expect(try Command("to-standard", there, back, "--verify").status == 0)
    let counter = try Checkpoint.open(back).stateDict()["bn1.num_batches_tracked"]
    #expect(counter?.shape == [])
    #expect(try counter?.integers() == [12])
  }
}
