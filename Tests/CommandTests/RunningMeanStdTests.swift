import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Testing

/// The normaliser of observations of reinforcement learning, through the command.
struct RunningMeanStdTests {
  private let folder: TemporaryFolder
  private let input = Fixture("torch/running-mean-std").file("checkpoint.pth")
  private static let name = "running_mean_std"

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test func mappingLeavesItAloneAndSaysSo() throws {
    let output = folder.file("out.pth")
    let command = try Command(
      "to-distributed", input, output, "--world-size", "4", "--verify", "--json")
    #expect(command.status == 0, "\(command.error)")
    let json = try JSON(parsing: command.output)
    #expect(json["converted"] == ["bn1", "bn2"])
    #expect(
      json["skipped"] == [["name": .string(Self.name), "reason": "not taken for a BatchNorm"]])
    let note = try #require(json["notes"]?.array?.first?.string)
    #expect(note.hasPrefix("\(Self.name): it has only running_mean and running_var"))
    #expect(command.error.contains("note: \(note)"))
    let (before, after) = (
      try Checkpoint.open(input).stateDict(), try Checkpoint.open(output).stateDict()
    )
    #expect(after["bn2.running_mean"]?.shape == [4, 4])
    for part in ["running_mean", "running_var", "count"] {
      let (old, new) = (before["\(Self.name).\(part)"], after["\(Self.name).\(part)"])
      #expect(try old?.doubles() == new?.doubles() && old?.scalarType == .float64)
    }
  }

  @Test func includeTakesIt() throws {
    let output = folder.file("out.pth")
    let command = try Command(
      "to-distributed", input, output, "--world-size", "4", "--include", "*", "--verify", "--json")
    #expect(command.status == 0, "\(command.error)")
    #expect(try JSON(parsing: command.output)["converted"] == [.string(Self.name), "bn1", "bn2"])
    #expect(try Checkpoint.open(output).stateDict()["\(Self.name).running_mean"]?.shape == [4, 6])
  }

  @Test func infoSaysThatItIsNone() throws {
    let text = try Command("info", input)
    #expect(text.output.contains("2 BatchNorms\n"))
    #expect(text.output.contains("\(Self.name): not a BatchNorm: it has only running_mean"))
    let json = try JSON(parsing: Command("info", input, "--json").output)
    #expect(json["batch_norms"]?.array?.compactMap { $0["name"]?.string } == ["bn1", "bn2"])
    #expect(json["not_batch_norms"]?.array?.compactMap { $0["name"]?.string } == [Self.name])
    #expect(json["unrecognised"] == [])
  }

  @Test func itsTensorsAreComparedAsOthersAre() throws {
    let changed = folder.file("changed.pth")
    var stateDict = try Checkpoint.open(input).stateDict()
    stateDict["\(Self.name).running_mean"] = try Tensor(
      rounding: [9, 9, 9, 9, 9, 9], to: .float64, shape: [6])
    try Checkpoint.open(input).replacingStateDict(at: EntryPath("model"), with: stateDict)
      .write(to: changed)
    for command in ["verify", "diff"] {
      let different = try Command(command, input, changed)
      #expect(different.status == 1, "\(different.error)")
      #expect(different.output.contains("\(Self.name).running_mean"), "\(different.output)")
      #expect(try Command(command, input, input).status == 0)
    }
  }

  @Test func castingKeepsItsStatistics() throws {
    let output = folder.file("out.pth")
    #expect(try Command("convert", input, output, "--cast", "float16").status == 0)
    let stateDict = try Checkpoint.open(output).stateDict()
    #expect(stateDict["\(Self.name).running_var"]?.scalarType == .float64)
    #expect(stateDict["fc1.weight"]?.scalarType == .float16)
  }
}
