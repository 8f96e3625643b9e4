import DBNBatchNorm
import DBNCheckpoints
import DBNComparison
import DBNConversions
import DBNModels
import DBNTensors
import DBNTestSupport
import DBNVerification
import Foundation
import Testing

/// The rules that hold for all conversions.
struct ConversionTests {
  private let folder: TemporaryFolder
  private let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
  private let drifted = Fixture("torch/digits-replicated").file("checkpoint.pth")
  private let program = Fixture("torch/digits-shards").file("model.pt2")

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test func aGraphIsDroppedExactlyWhereNamesChange() throws {
    let conversion = try Conversion(opening: program)
    #expect(conversion.checkpoint.graph != nil)
    let kept = [
      try conversion.converted(), try conversion.converted(by: [.casting(to: .float16)]),
      try conversion.toDistributed(worldSize: 2),
      try conversion.toDistributed(worldSize: 2, layout: .split),
      try conversion.toDistributed(worldSize: 2, layout: .ghost),
    ]
    for result in kept {
      #expect(result.checkpoint.graph == conversion.checkpoint.graph, "\(result.record)")
      #expect(!result.report.skipped.contains { $0.name == "graph" })
    }
    let renaming = Transformation.renaming(try #require(Substitution("s/bn/norm/")))
    let dropped = [
      (try conversion.converted(by: [renaming]), "its tensors were renamed or left out"),
      (
        try conversion.converted(by: [renaming], stateDictOnly: true),
        "its tensors were renamed or left out"
      ),
      (try conversion.converted(stateDictOnly: true), "it is not part of the state dict"),
    ]
    for (result, reason) in dropped {
      #expect(result.checkpoint.graph == nil)
      #expect(result.report.skipped == [.init("graph", reason)])
    }
  }

  @Test func aProofThatFailsLeavesNothing() throws {
    let merged = try Conversion(opening: drifted).toStandard(merging: .mean)
    let tolerance = NumberComparison.Tolerance(absolute: 1e-6, relative: 0)
    let output = folder.file("out.h5")
    let refused = #expect(throws: CheckpointError.self) {
      try merged.write(to: output, proof: .outputs(tolerance: tolerance))
    }
    #expect(refused?.code == .outputsDiffer && refused?.path == output)
    #expect(refused?.advice?.description.contains("--") == false)
    #expect(folder.contents.isEmpty)
    // Nor is an old file replaced.
    try Conversion(opening: digits).converted().write(to: output)
    let before = try Data(contentsOf: URL(filePath: output))
    #expect(throws: CheckpointError.self) {
      try merged.write(
        to: output, proof: .outputs(tolerance: tolerance),
        options: WritingOptions(existing: .replace))
    }
    #expect(try Data(contentsOf: URL(filePath: output)) == before && folder.contents.count == 1)
  }

  @Test func aProofOfAnUnknownModelLeavesNothing() throws {
    let refused = #expect(throws: CheckpointError.self) {
      try Conversion(opening: digits).toDistributed(worldSize: 2)
        .write(to: folder.file("out.h5"), proof: .outputs(of: "spooky"))
    }
    #expect(
      refused?.code == .unknownModel
        && refused?.advice?.description.contains("Architecture") == true)
    #expect(folder.contents.isEmpty)
  }

  /// Conversions that mean to change the outputs are proven to be written as they are.
  @Test func everyConversionCanBeProven() throws {
    let ranks = (0..<4).map { Fixture("layouts/per-rank").file("rank\($0).pth") }
    let gathered = try Conversion.gathering(ranks)
      .write(to: folder.file("all.h5"), proof: .outputs())
    #expect(gathered.proof?.outputs?.isBitIdentical == true)
    let first = try Conversion(opening: folder.file("all.h5")).scattered()[0]
      .write(to: folder.file("rank.h5"), proof: .outputs())
    #expect(first.proof?.outputs?.isBitIdentical == true)
  }

  @Test func aResultCanBeConvertedAgainAndTheHistoryHasBoth() throws {
    let distributed = try Conversion(opening: digits).toDistributed(worldSize: 2)
    let source = distributed.source
    let again = try Conversion(
      distributed.checkpoint, from: source.path, format: source.format
    ).converted(by: [.casting(to: .float16)])
    let written = try again.write(to: folder.file("out.h5"), proof: .outputs())
    let operations = try Checkpoint.open(folder.file("out.h5")).history.map { $0["operation"] }
    #expect(operations == ["to-distributed", "convert"])
    #expect(written.proof?.promise?.isKept == true)
  }

  @Test func ranksThatCannotAllBeWrittenLeaveNone() throws {
    let ranks = try Conversion(opening: drifted).scattered()
    let pattern = try #require(RankPattern(folder.file("rank-%d.pth")))
    _ = try folder.write([1], to: "rank-2.pth")
    let refused = #expect(throws: CheckpointError.self) { try ranks.write(to: pattern) }
    #expect(refused?.code == .fileExists && folder.contents == ["rank-2.pth"])
  }

  @Test func errorsNameTheFile() throws {
    let conversion = try Conversion(opening: digits, entry: EntryPath("nothing"))
    let refused = #expect(throws: CheckpointError.self) {
      try conversion.toDistributed(worldSize: 2)
    }
    #expect(refused?.path == digits)
    #expect(throws: CheckpointError.self) {
      try Conversion(opening: digits).converted(by: [
        .casting(to: .float16), .casting(to: .bfloat16),
      ])
    }
  }

  /// The command and the library, with the model and the samples in files of their own.
  @Test func recalibrationReadsObjectsOfUnknownClassesWhereThatIsAllowed() throws {
    let (model, data) = (folder.file("model.h5"), folder.file("x.h5"))
    try Checkpoint(root: .dictionary(StateDict().dictionary), graph: Self.linear.json.text())
      .write(to: model)
    var samples = StateDict()
    samples["x"] = try Tensor(
      rounding: (0..<24).map { Double($0 % 7) }, to: .float32, shape: [8, 3])
    try Checkpoint(root: .dictionary(samples.dictionary)).write(to: data)

    let weights = Fixture("torch/opaque/training").file("checkpoint.pth")
    let output = folder.file("out.pth")
    let arguments = [
      "recalibrate", model, "--weights", weights, "--data", data, "--output", output,
    ]
    let refused = try Command(arguments + ["--strict"])
    #expect(refused.status == 2 && refused.error.contains("argparse.Namespace"), "\(refused.error)")
    let command = try Command(arguments + ["--allow-opaque", "--lossy"])
    #expect(command.status == 0, "\(command.error)")
    let result = try Conversion(opening: weights).recalibrated(
      running: model, on: SampleData(opening: data, labelled: false))
    let written = try result.write(
      to: folder.file("ours.pth"), options: WritingOptions(allowsLosses: true))
    #expect(!written.leftOut.isEmpty)
    try #expect(
      Data(contentsOf: URL(filePath: output))
        == Data(contentsOf: URL(filePath: folder.file("ours.pth"))))
  }

  private static let linear = Graph(
    name: "linear", inputs: [.init("x", shape: [nil, 3])],
    nodes: [
      .init("0", .linear, [.value("x"), .parameter("0.weight"), .parameter("0.bias")]),
      .init(
        "1", .batchNorm(.init(module: "1", NormModule(numFeatures: 2))), [.value("0")]),
    ], outputs: ["1"], parameters: [])
}
