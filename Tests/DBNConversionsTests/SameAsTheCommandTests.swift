import DBNBatchNorm
import DBNCheckpoints
import DBNConversions
import DBNTensors
import DBNTestSupport
import DBNVerification
import Foundation
import Testing
@testable import dbn_convert

/// The library writes what the command writes, byte for byte: history, graph and settings included.
struct SameAsTheCommandTests {
  private static let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
  private static let drifted = Fixture("torch/digits-replicated").file("checkpoint.pth")
  private static let shards = Fixture("torch/digits-shards")
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Runs both, the command with `{}` for its output, and compares the files.
  private func compare(
    _ arguments: [String], _ suffix: String,
    _ convert: (_ output: String) throws -> ConversionResult
  ) throws -> ConversionResult {
    let (theirs, ours) = (folder.file("command.\(suffix)"), folder.file("library.\(suffix)"))
    let command = try Command(arguments.map { $0 == "{}" ? theirs : $0 })
    #expect(command.status == 0, "\(command.error)")
    let result = try convert(ours)
    try #expect(bytes(ours) == bytes(theirs), "\(arguments)")
    // What the command says on standard error is the result's notes.
    let said = (result.notes + result.health.notes).map {
      "dbn-convert: note: \($0.inCommandWords)\n"
    }
    #expect(command.error == said.joined())
    return result
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

  @Test(arguments: ["h5", "pth", "safetensors"])
  func convertingWithRenamingsAndACast(suffix: String) throws {
    let result = try compare(
      [
        "convert", Self.digits, "{}", "--strip-prefix", "bn1.", "--rename", "s/bn/norm/",
        "--cast", "float16", "--verify",
      ], suffix
    ) { output in
      try Conversion(opening: Self.digits)
        .converted(by: [
          .strippingPrefix("bn1."), .renaming(try #require(Substitution("s/bn/norm/"))),
          .casting(to: .float16),
        ])
        .write(to: output, proof: .outputs())
    }
    #expect(result.proof?.promise?.isKept == true)
    #expect(result.checkpoint.history.last?["strip_prefix"] == "bn1.")
  }

  /// A moving average is the model again, without its counter and its prefix.
  @Test(arguments: ["h5", "pth", "safetensors"])
  func convertingWithoutSomeTensors(suffix: String) throws {
    let average = Fixture("torch/wrapped/swa").file("checkpoint.pth")
    let result = try compare(
      ["convert", average, "{}", "--drop", "n_averaged", "--strip-prefix", "module", "--verify"],
      suffix
    ) { output in
      try Conversion(opening: average)
        .converted(by: [
          .selecting(NameSelection(exclude: ["n_averaged"])), .strippingPrefix("module"),
        ])
        .write(to: output, proof: .outputs())
    }
    let names = try result.checkpoint.stateDict().names
    #expect(names.count == 8 && names.first == "0.weight" && names.last == "3.bias")
    #expect(result.report.notes == ["left out by name, as chosen: n_averaged"])
    #expect(result.checkpoint.history.last?["drop"] == ["n_averaged"])
    #expect(result.checkpoint.history.last?["strip_prefix"] == "module.")
  }

  @Test func convertingWithTwoPrefixesInOrder() throws {
    let wrapped = Fixture("torch/wrapped/compiled-in-parallel").file("checkpoint.pth")
    let result = try compare(
      [
        "convert", wrapped, "{}", "--strip-prefix", "module.", "--strip-prefix", "_orig_mod",
        "--keep", "*.1.*",
      ], "pth"
    ) { output in
      try Conversion(opening: wrapped)
        .converted(by: [
          .selecting(NameSelection(include: ["*.1.*"])), .strippingPrefix("module."),
          .strippingPrefix("_orig_mod"),
        ])
        .write(to: output)
    }
    #expect(
      try result.checkpoint.stateDict().names == [
        "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked",
      ])
  }

  @Test func convertingKerasNames() throws {
    let keras = Fixture("keras/keras3-model").file("weights.h5")
    _ = try compare(["convert", keras, "{}", "--rename", "keras"], "pth") { output in
      try Conversion(opening: keras).converted(by: [.kerasNames]).write(to: output)
    }
  }

  @Test(arguments: ["h5", "pth", "safetensors"])
  func mappingToVirtualDevices(suffix: String) throws {
    let result = try compare(
      ["to-distributed", Self.digits, "{}", "--world-size", "8", "--verify"], suffix
    ) { output in
      try Conversion(opening: Self.digits).toDistributed(worldSize: 8)
        .write(to: output, proof: .outputs())
    }
    #expect(result.proof?.outputs?.isBitIdentical == true)
    #expect(result.report.converted == ["bn1", "bn2", "bn3"])
  }

  @Test(arguments: ["h5", "pth", "safetensors"])
  func mergingByARule(suffix: String) throws {
    let result = try compare(
      ["to-standard", Self.drifted, "{}", "--statistics", "pooled"], suffix
    ) { output in
      try Conversion(opening: Self.drifted).toStandard(merging: .pooled).write(to: output)
    }
    #expect(!result.report.losses.isEmpty && result.proof == nil)
  }

  @Test(arguments: ["h5", "pth", "safetensors"])
  func gatheringAndScattering(suffix: String) throws {
    let ranks = (0..<4).map { Fixture("layouts/per-rank").file("rank\($0).pth") }
    _ = try compare(["gather"] + ranks.reversed() + ["--output", "{}"], suffix) { output in
      try Conversion.gathering(ranks).write(to: output)
    }
    let gathered = folder.file("command.\(suffix)")
    let theirs = folder.file("command-%02d.\(suffix)")
    #expect(try Command("scatter", gathered, theirs).status == 0)
    let ours = folder.file("library-%02d.\(suffix)")
    try Conversion(opening: gathered).scattered().write(to: try #require(RankPattern(ours)))
    for rank in 0..<4 {
      let name = "-0\(rank).\(suffix)"
      try #expect(bytes(folder.file("library\(name)")) == bytes(folder.file("command\(name)")))
    }
  }

  @Test(arguments: ["h5", "pth", "safetensors"])
  func recalibrating(suffix: String) throws {
    let weights = Self.shards.file("checkpoint.pth")
    let (model, samples) = (Self.shards.file("model.pt2"), Self.shards.file("train.npz"))
    let result = try compare(
      [
        "recalibrate", model, "--weights", weights, "--data", samples, "--divide", "16",
        "--batches", "2", "--output", "{}",
      ], suffix
    ) { output in
      let data = try SampleData(
        opening: samples, labelled: false, scaling: InputScaling(divisor: 16))
      return try Conversion(opening: weights).recalibrated(running: model, on: data, batches: 2)
        .write(to: output)
    }
    #expect(result.recalibration?.batches == 2)
  }

  /// What the command says for programs is what it says for people: here that the model had another
  /// epsilon than the weights, which is not a note of the file that is read.
  @Test func theNotesOfAResultAreThoseOfItsJSON() throws {
    let model = Self.shards.file("model.pt2")
    var weights = try Checkpoint.open(model)
    weights.batchNormSettings["bn1"] = BatchNormSettings(epsilon: 0.001)
    let (input, samples) = (folder.file("weights.h5"), Self.shards.file("train.npz"))
    try weights.write(to: input)
    let command = try Command(
      "recalibrate", model, "--weights", input, "--data", samples, "--batches", "1", "--output",
      folder.file("out.h5"), "--json")
    let notes = try JSON(parsing: command.output)["notes"]?.array?.compactMap(\.string) ?? []
    #expect(notes.contains { $0.contains("run with the settings of") }, "\(command.error)")
    let data = try SampleData(opening: samples, labelled: false)
    let result = try Conversion(opening: input).recalibrated(running: model, on: data, batches: 1)
    #expect(notes == result.notes.map(\.inCommandWords))
  }
}
