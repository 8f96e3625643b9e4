import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Testing

/// Parts of models through the command.
struct PartTests {
  private let folder: TemporaryFolder
  private let shard = Fixture("torch/sharded").file("pytorch_model-00001-of-00002.bin")

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Every command that says something of a model refuses a part before it writes anything.
  @Test(arguments: [
    ["convert", "SHARD", "OUT"], ["convert", "SHARD", "OUT", "--state-dict-only"],
    ["to-distributed", "SHARD", "OUT", "--world-size", "2"], ["to-standard", "SHARD", "OUT"],
    ["scatter", "SHARD", "OUT-%d.pth"], ["gather", "SHARD", "SHARD", "--output", "OUT"],
    ["verify", "SHARD", "SHARD"], ["run", "SHARD", "--input", "SHARD", "--output", "OUT"],
    ["eval", "auto", "--weights", "SHARD", "--data", "SHARD"],
    ["recalibrate", "auto", "--weights", "SHARD", "--data", "SHARD", "--output", "OUT"],
  ])
  func aPartIsRefused(arguments: [String]) throws {
    // Two names, since gather takes none twice.
    let other = Fixture("torch/sharded").file("pytorch_model-00002-of-00002.bin")
    var isFirst = true
    let filled = arguments.map { argument in
      defer { if argument == "SHARD" { isFirst = false } }
      return argument == "SHARD"
        ? (isFirst ? shard : other)
        : argument.replacing("OUT", with: folder.file("out") + (argument == "OUT" ? ".pth" : ""))
    }
    let result = try Command(filled)
    #expect(result.status == 2 && result.output.isEmpty)
    #expect(result.error.contains("of 2 of a checkpoint") && result.error.contains("--part"))
    #expect(folder.contents.isEmpty)
  }

  @Test func aPartIsConvertedWhereAskedForAndTheHistorySaysSo() throws {
    let output = folder.file("out.h5")
    let result = try Command(
      "to-distributed", shard, output, "--world-size", "2", "--part", "--verify")
    #expect(result.status == 0 && result.error.contains("note: this file is part 1 of 2"))
    let history = try Checkpoint.open(output).history
    #expect(history.last?["part"]?.string?.contains("part 1 of 2") == true)
  }

  @Test(arguments: ["info", "check"])
  func commandsAboutFilesShowAPartWithANote(subcommand: String) throws {
    let result = try Command(subcommand, shard, "--json")
    #expect(result.status == 0)
    #expect(result.error.contains("note: this file is part 1 of 2"))
    #expect(result.error.contains("pytorch_model.bin.index.json"))
    #expect(try JSON(parsing: result.output)["part"]?.string?.contains("part 1 of 2") == true)
  }

  @Test func partsCanBeCompared() throws {
    let result = try Command("diff", shard, shard)
    #expect(result.status == 0 && result.error.contains("note: this file is part 1 of 2"))
  }

  /// What is given to a model may be in many files.
  @Test func dataInManyFilesIsNoModelInParts() throws {
    let data = folder.file("test-00001-of-00002.safetensors")
    let digits = Fixture("torch/digits-shards")
    try Checkpoint.open(digits.file("test.npz")).write(to: data)
    let result = try Command(
      "eval", digits.file("model.pt2"), "--weights", digits.file("checkpoint.pth"), "--data", data,
      "--divide", "16")
    #expect(result.status == 0, "\(result.error)")
  }
}
