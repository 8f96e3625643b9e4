import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Layouts, `gather` and `scatter` through the command.
struct LayoutCommandTests {
  private let folder: TemporaryFolder
  private let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
  private let drifted = Fixture("torch/digits-replicated").file("checkpoint.pth")

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test(arguments: ["replicated", "ghost", "split", "sub"])
  func everyLayoutIsRecognisedAndComesBack(layout: String) throws {
    let (there, back) = (folder.file("there.h5"), folder.file("back.h5"))
    let mapped = try Command(
      "to-distributed", digits, there, "--world-size", "4", "--layout", layout, "--verify")
    #expect(mapped.status == 0 && mapped.output.contains("bit-identical"), "\(mapped.error)")
    let rows = try JSON(parsing: Command("info", there, "--json").output)["batch_norms"]?.array
    #expect(rows?.count == 3 && rows?.allSatisfy { $0["layout"] == .string(layout) } == true)
    #expect(rows?.allSatisfy { $0["world_size"] == 4 } == true)
    #expect(try Command("to-standard", there, back).status == 0)
    #expect(try Command("diff", digits, back).status == 0)
  }

  @Test func infoNamesTheWorstDrift() throws {
    let info = try Command("info", drifted)
    #expect(
      info.output.contains(
        "the devices differ in 3 of 3 BatchNorms, most in bn3: means are up to 0.156"))
    let drift = try JSON(parsing: Command("info", drifted, "--json").output)["drift"]
    #expect(drift?["variance"] != nil)
  }

  @Test func ranksAreGatheredAndScattered() throws {
    let scattered = try Command("scatter", drifted, folder.file("rank-%02d.pth"))
    #expect(scattered.status == 0, "\(scattered.error)")
    #expect(folder.contents == (0..<4).map { "rank-0\($0).pth" })
    let ranks = (0..<4).reversed().map { folder.file("rank-0\($0).pth") }
    let all = folder.file("all.pth")
    let gathered = try Command(["gather"] + ranks + ["--output", all])
    #expect(gathered.status == 0 && gathered.output.contains("4 ranks"), "\(gathered.error)")
    #expect(try Command("diff", drifted, all).status == 0)
    let missing = try Command("gather", ranks[0], ranks[2], "--output", folder.file("none.h5"))
    #expect(missing.status == 2 && missing.error.contains("missing"))
    #expect(folder.contents.count == 5)
  }

  /// Four ranks of a real data-parallel job, in every format they may have been saved in.
  @Test func realRanksOfMixedFormatsAreGathered() throws {
    let fixture = Fixture("layouts/per-rank")
    let all = folder.file("all.pth")
    for files in [
      ["rank0.pth", "rank1.pth", "rank2.pth", "rank3.pth"],
      ["rank0.pth", "rank1.safetensors", "rank2.h5", "rank3.safetensors"],
    ] {
      let gathered = try Command(
        ["gather"] + files.map { fixture.file($0) } + ["--output", all, "--force"])
      #expect(gathered.status == 0, "\(gathered.error)")
      #expect(try Command("diff", fixture.file("checkpoint.pth"), all).status == 0)
    }
  }

  @Test func whatIsNoSetOfRanksIsRefused() throws {
    let fixture = Fixture("layouts/per-rank")
    for wrong in try #require(fixture.expected["sets"]?.array) {
      let files = try #require(wrong["files"]?.array).compactMap(\.string)
      let refused = try Command(
        ["gather"] + files.map { fixture.file($0) } + ["--output", folder.file("none.h5")])
      let mentions = try #require(wrong["mentions"]?.string).replacing("rank2", with: "rank 2")
      #expect(refused.status == 2 && refused.error.contains(mentions), "\(refused.error)")
      #expect(folder.contents.isEmpty)
    }
  }

  /// A shell's list of all ranks, with the output forgotten, must not replace the last of them.
  @Test func gatherNamesItsOutput() throws {
    let ranks = try (0..<3).map { rank in
      let path = folder.file("rank\(rank).pth")
      try FileManager.default.copyItem(
        atPath: Fixture("layouts/per-rank").file("rank\(rank).pth"), toPath: path)
      return path
    }
    let before = try ranks.map { try Data(contentsOf: URL(filePath: $0)) }
    let all = folder.file("all of them.h5")
    let list = ranks.joined(separator: " ")
    for (arguments, advice) in [
      (ranks, "gather \(list) --output FILE"),
      (ranks + ["--json"], "gather \(list) --json --output FILE"),
      (ranks + [all], "gather \(list) --output '\(all)'"),
      (ranks + [all, "--entry", "a/b"], "gather \(list) --entry a/b --output '\(all)'"),
      (["--json", "--"] + ranks + [all], "gather --json --output '\(all)' -- \(list)"),
      ([ranks[0]], "gather \(ranks[0]) --output FILE"),
    ] {
      let old = try Command(["gather"] + arguments)
      #expect(old.status == 64 && old.output.isEmpty == !arguments.contains("--json"))
      #expect(old.error.contains("Name the file to write with --output: dbn-convert \(advice)\n"))
    }
    #expect(try ranks.map { try Data(contentsOf: URL(filePath: $0)) } == before)
    #expect(folder.contents.count == 3)
    // The advice is a command that works; of an output that is there by now, too.
    let new = try Command(after: "set -- gather \(list) --output '\(all)'", [])
    #expect(new.status == 0, "\(new.error)")
    let again = try Command(["gather"] + ranks + [all])
    #expect(again.status == 64 && again.error.contains("--output '\(all)'\n"))
  }

  @Test func scatteringThatFailsLeavesNothing() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("rank-2.h5"), withIntermediateDirectories: false)
    let refused = try Command("scatter", drifted, folder.file("rank-%d.h5"))
    #expect(refused.status == 2 && folder.contents == ["rank-2.h5"])
  }

  @Test(arguments: ["rank.pth", "rank-%s.pth", "%d/rank.pth", "rank-%d-%d.pth", "rank-%3d.pth"])
  func aPatternHasOnePlaceForTheRank(pattern: String) throws {
    #expect(try Command("scatter", drifted, folder.file(pattern)).status == 64)
  }

  @Test func aLayoutFileAddsALayout() throws {
    let layout = folder.file("mine.json")
    try #"""
    {"name": "mine", "weight": "weight", "bias": "bias",
     "running_mean": {"devices": "means", "form": "rows"},
     "running_var": {"devices": "variances", "form": "rows"},
     "num_batches_tracked": "steps", "evaluation": "row"}
    """#.write(toFile: layout, atomically: true, encoding: .utf8)
    let there = folder.file("there.h5")
    let mapped = try Command(
      "to-distributed", digits, there, "--world-size", "2", "--layout-file", layout)
    #expect(mapped.status == 0 && mapped.output.contains("mapped to mine"), "\(mapped.error)")
    let info = try Command("info", there, "--layout-file", layout)
    #expect(info.output.contains(#/bn1 +16  mine +2 /#), "\(info.output)")
    for model in [[], ["--model", Fixture("torch/digits-shards").file("model.pt2")]] {
      for mode in ["eval", "train"] {
        let verified = try Command(
          ["verify", digits, there, "--layout-file", layout, "--mode", mode] + model)
        #expect(verified.status == 0, "\(mode) \(model): \(verified.error)\(verified.output)")
      }
    }
    let back = folder.file("back.h5")
    #expect(try Command("to-standard", there, back, "--layout-file", layout).status == 0)
    #expect(try Command("diff", digits, back).status == 0)
  }

  /// By BatchNorm and by model, on both engines' way through a state dict.
  @Test(arguments: [
    #""running_mean": {"devices": "m", "form": "joined"}, "slices": "interleaved", "#
      + #""running_var": {"devices": "v", "form": "joined"}, "evaluation": "row""#,
    #""running_mean": {"shared": "m", "devices": "m{}", "form": "each"}, "evaluation": "row", "#
      + #""running_var": {"shared": "v", "devices": "v{}", "form": "each"}"#,
    #""running_mean": {"shared": "m", "devices": "ms", "form": "rows"}, "evaluation": "row", "#
      + #""running_var": {"shared": "v", "devices": "vs", "form": "rows"}"#,
  ])
  func modelsInALayoutOfOnesOwnAreVerified(statistics: String) throws {
    let layout = folder.file("mine.json")
    try #"{"name": "mine", "weight": "scale", "bias": "shift", "num_batches_tracked": "steps", "#
      .appending("\(statistics)}").write(toFile: layout, atomically: true, encoding: .utf8)
    let there = folder.file("there.h5")
    let mapped = try Command(
      "to-distributed", digits, there, "--world-size", "3", "--layout-file", layout)
    #expect(mapped.status == 0, "\(mapped.error)")
    let model = Fixture("torch/digits-shards").file("model.pt2")
    for options in [
      [], ["--mode", "train"], ["--model", model], ["--model", model, "--mode", "train"],
    ] {
      let verified = try Command(["verify", digits, there, "--layout-file", layout] + options)
      #expect(verified.status == 0, "\(options): \(verified.error)\(verified.output)")
    }
  }

  @Test func unknownLayoutsAreNamed() throws {
    for layout in ["spooky", "standard", "frozen"] {
      let command = try Command(
        "to-distributed", digits, folder.file("x.h5"), "--world-size", "2", "--layout", layout)
      #expect(command.status == 64 && command.error.contains("'\(layout)'"))
    }
    let alone = try Command("to-standard", digits, folder.file("x.h5"), "--world-size", "2")
    #expect(alone.status == 64 && folder.contents.isEmpty)
  }
}
