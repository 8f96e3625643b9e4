import DBNCheckpointFormats
import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Options of `convert` that change the state dict on the way, and `check`.
struct TransformationTests {
  private let folder: TemporaryFolder
  private let training = Fixture("torch/training").file("checkpoint.pth")
  private let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
  private var output: String { folder.file("out.h5") }

  init() throws {
    folder = try TemporaryFolder()
  }

  private func names(_ path: String) throws -> [String] {
    try Checkpoint.open(path).stateDict().names
  }

  @Test func theStateDictAloneWithoutItsPrefix() throws {
    let before = try names(training)
    #expect(before.allSatisfy { $0.hasPrefix("module.") })
    let command = try Command(
      "convert", training, output, "--state-dict-only", "--strip-prefix", "module.")
    #expect(command.status == 0, "\(command.error)")
    #expect(try names(output) == before.map { String($0.dropFirst(7)) })
    #expect(try Checkpoint.open(output).findStateDict().entry.keys.isEmpty)
    let record = try #require(try Checkpoint.open(output).history.last)
    #expect(record["strip_prefix"] == "module." && record["state_dict_only"] == true)
  }

  @Test func theRestStaysWhereTheStateDictIsChangedInPlace() throws {
    let command = try Command("convert", training, output, "--rename", #"s/^module\.//"#)
    #expect(command.status == 0, "\(command.error)")
    let (before, after) = (try Checkpoint.open(training), try Checkpoint.open(output))
    #expect(after.root.dictionary?["epoch"] != nil)
    #expect(before.root.leaves.count == after.root.leaves.count)
  }

  @Test func castingLeavesStatisticsAloneUnlessForced() throws {
    #expect(try Command("convert", digits, output, "--cast", "float16").status == 0)
    let cast = try Checkpoint.open(output).stateDict()
    #expect(cast["conv1.weight"]?.scalarType == .float16)
    #expect(cast["bn1.weight"]?.scalarType == .float16)
    #expect(cast["bn1.running_var"]?.scalarType == .float32)
    #expect(cast["bn1.num_batches_tracked"]?.scalarType == .int64)
    let forced = try Command(
      "convert", digits, output, "--cast", "bfloat16", "--cast-statistics", "--force")
    #expect(forced.status == 0)
    let all = try Checkpoint.open(output).stateDict()
    #expect(all["bn1.running_var"]?.scalarType == .bfloat16)
  }

  @Test(arguments: [
    ["--strip-prefix", "nothing."], ["--rename", "s/.*/same/"],
    ["--entry", "none", "--cast", "float16"],
  ])
  func mistakesAreErrorsThatLeaveNothing(arguments: [String]) throws {
    let command = try Command(["convert", training, output] + arguments)
    #expect(command.status == 2 && command.error.split(separator: "\n").count == 1)
    #expect(command.error.contains("checkpoint.pth"))
    #expect(folder.contents.isEmpty)
  }

  @Test(arguments: [
    ["--rename", "a/b/"], ["--cast", "int8"], ["--compress", "zip"], ["--compress", "gzip:10"],
    ["--shard-size", "-1"], ["--to", "gif"], ["--entry", "x"],
  ])
  func wrongOptionsAreWrongUsage(arguments: [String]) throws {
    #expect(try Command(["convert", digits, output] + arguments).status == 64)
  }

  @Test func kerasWeightsGetPyTorchsNames() throws {
    let source = Fixture("keras/keras3-weights").file("weights.h5")
    let info = try JSON(parsing: Command("info", source, "--json").output)
    #expect(info["format"] == "keras-hdf5")
    let command = try Command("convert", source, output, "--rename", "keras")
    #expect(command.status == 0, "\(command.error)")
    let renamed = try names(output)
    #expect(renamed.contains { $0.hasSuffix(".running_mean") })
    #expect(!renamed.contains { $0.hasSuffix("moving_mean") })
  }

  @Test func anUnknownClassStandsInNobodysWay() throws {
    let file = try #require(
      try Fixture("torch/hostile").expected.array?.compactMap { $0["file"]?.string }
        .first { $0.contains("namespace") })
    let source = Fixture("torch/hostile").file(file)
    let refused = try Command("convert", source, output, "--strict")
    #expect(refused.status == 2 && refused.error.contains("argparse.Namespace"))
    #expect(refused.error.contains("leave out --strict") && folder.contents.isEmpty)
    let read = try Command("convert", source, output)
    #expect(read.status == 0 && read.error.contains("read as a dict"), "\(read.error)")
  }

  @Test func checkpointsWithUnknownClassesAreReadByEveryCommandThatReads() throws {
    let source = Fixture("torch/opaque/training").file("checkpoint.pth")
    let commands = [
      ["info", source], ["check", source], ["diff", source, source], ["verify", source, source],
    ]
    for arguments in commands {
      #expect(try Command(arguments + ["--strict"]).status == 2)
      let read = try Command(arguments)
      #expect(read.status == 0, "\(read.output)\(read.error)")
    }
    let dropped = folder.file("dropped.pth")
    #expect(try Command("convert", source, dropped, "--lossy").status == 0)
    let different = try Command("diff", source, dropped)
    #expect(different.status == 1 && different.output.contains("only in \(source): when"))
  }

  @Test(arguments: ["out.pth", "out.h5", "out.safetensors"])
  func opaqueValuesAreWrittenNowhereUnlessLeftOut(name: String) throws {
    let source = Fixture("torch/opaque/training").file("checkpoint.pth")
    let target = folder.file(name)
    let refused = try Command("convert", source, target)
    #expect(refused.status == 2 && refused.error.contains("'when': is an opaque value"))
    #expect(refused.error.contains("--lossy") && refused.error.contains("--state-dict-only"))
    #expect(refused.error.split(separator: "\n").filter { $0.contains("error:") }.count == 1)
    #expect(folder.contents.isEmpty)
    let lossy = try Command("convert", source, target, "--lossy")
    #expect(lossy.status == 0 && lossy.output.contains("left out: when: "), "\(lossy.error)")
    let alone = try Command("convert", source, target, "--state-dict-only", "--force")
    #expect(alone.status == 0 && !alone.output.contains("left out"), "\(alone.error)")
    #expect(try names(target).contains("1.running_var"))
  }

  @Test func valuesThatBecomeInfiniteAreListed() throws {
    var stateDict = StateDict()
    stateDict["w"] = try .float32([1e6, 1])
    let source = folder.file("large.h5")
    try Checkpoint(root: .dictionary(stateDict.dictionary)).write(to: source)
    let refused = try Command("convert", source, output, "--cast", "float16")
    #expect(refused.status == 2 && refused.error.contains("'w': has finite values"))
    let lossy = try Command("convert", source, output, "--cast", "float16", "--lossy")
    #expect(lossy.status == 0 && lossy.output.contains("\nlost: w: "), "\(lossy.output)")
    let json = try Command(
      "convert", source, output, "--cast", "float16", "--lossy", "--json", "--force")
    #expect(try JSON(parsing: json.output)["losses"]?.array?.first?["name"] == "w")
  }

  @Test func compressedFilesHoldTheSame() throws {
    let compressed = try Command("convert", digits, output, "--compress", "gzip:9")
    #expect(compressed.status == 0, "\(compressed.error)")
    #expect(try Command("diff", digits, output).status == 0)
    let check = try Command("check", output)
    #expect(check.status == 0 && check.output.contains("the checksums of 20 are correct"))
  }

  @Test(arguments: ["back.pth", "back.safetensors"])
  func theWayThroughEveryFormatIsEqual(name: String) throws {
    let back = folder.file(name)
    #expect(try Command("to-distributed", training, output, "--world-size", "4").status == 0)
    #expect(try Command("to-standard", output, back).status == 0)
    let same = try Command("diff", training, back)
    #expect(same.status == 0, "\(same.output)")
  }

  @Test func theFormatCanBeNamed() throws {
    let path = folder.file("model.weights")
    #expect(try Command("convert", digits, path, "--to", "hdf5").status == 0)
    #expect(try FormatRegistry.standard.recognise(path).name == "hdf5")
  }

  @Test func checkReadsEverything() throws {
    let result = try JSON(parsing: Command("check", digits, "--json").output)
    #expect(result["tensors"] == 20 && result["with_checksum"] == 20)
    #expect(try Command("convert", digits, output).status == 0)
    let file = try Command("check", output)
    #expect(file.status == 0 && file.output.contains("the checksums of 20 are correct"))
  }

  @Test func checkFindsOneFlippedBitAndNamesTheTensor() throws {
    #expect(try Command("convert", digits, output).status == 0)
    var bytes = Array(try Data(contentsOf: URL(filePath: output)))
    let weight = try #require(
      try Checkpoint.open(output).stateDict()["conv2.weight"])
    let needle = try weight.storage.withBytes { $0.withUnsafeBytes { Array($0.prefix(64)) } }
    let place = try #require(
      bytes.indices.first { bytes[$0...].starts(with: needle) })
    bytes[place + 5] ^= 0x10
    let path = try folder.write(bytes, to: "damaged.h5")
    let command = try Command("check", path)
    #expect(command.status == 2)
    #expect(command.error.contains("damaged.h5") && command.error.contains("conv2.weight"))
  }
}
