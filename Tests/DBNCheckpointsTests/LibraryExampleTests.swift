import DBNBatchNorm
import DBNCheckpoints
import DBNConversions
import DBNExecution
import DBNModels
import DBNReports
import DBNTensors
import DBNTestSupport
import DBNVerification
import Testing

/// The examples of the documentation, run on real checkpoints.
struct LibraryExampleTests {
  @Test func theExampleOfAConversionRuns() throws {
    let folder = try TemporaryFolder()
    let conversion = try Conversion(
      opening: Fixture("torch/resnet18").file("checkpoint.pth"))
    let result = try conversion.toDistributed(worldSize: 8)
      .write(to: folder.file("resnet18.h5"), proof: .outputs())
    #expect(result.report.converted.count == 20 && result.proof?.outputs?.isBitIdentical == true)
    #expect(result.notes.isEmpty && result.health.sentences.isEmpty)

    let half = try conversion.converted(by: [.casting(to: .float16)])
      .write(to: folder.file("half.h5"), proof: .outputs(of: "resnet18"))
    #expect(half.proof?.promise?.isKept == true)
    let history = try Checkpoint.open(folder.file("half.h5")).history
    #expect(history.last?["cast"] == "float16" && history.last?["by"] != nil)

    let refused = #expect(throws: CheckpointError.self) {
      try conversion.converted().write(to: folder.file("half.h5"))
    }
    #expect(refused?.code == .fileExists)
    try conversion.converted().write(
      to: folder.file("half.h5"), options: WritingOptions(existing: .replace))
  }

  @Test func theExamplesOfTheGuideRun() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try Checkpoint.open(Fixture("torch/digits-standard").file("checkpoint.pth"))
    let (entry, stateDict) = try checkpoint.findStateDict()
    let distributed = try stateDict.toDistributed(worldSize: 8)
    try checkpoint.replacingStateDict(at: entry, with: distributed.stateDict)
      .write(to: folder.file("distributed.h5"))
    #expect(checkpoint.path?.hasSuffix("checkpoint.pth") == true)
    #expect(checkpoint.format == "torch-zip")
    let refused = #expect(throws: CheckpointError.self) {
      try checkpoint.write(to: folder.file("distributed.h5"))
    }
    #expect(refused?.code == .fileExists)
    try checkpoint.write(
      to: folder.file("distributed.h5"), options: WritingOptions(existing: .replace))

    let weight = try #require(stateDict["fc.weight"])
    let largest = try weight.withSpan(of: Float.self) { span in
      span.indices.reduce(0) { max($0, abs(span[$1])) }
    }
    let values = try weight.array(of: Double.self)
    #expect(values.map(abs).max() == Double(largest))

    var small = StateDict()
    small["scale"] = try Tensor(elements: [Float(0.5), 0.25], shape: [2])
    small["steps"] = try Tensor([90_000], shape: [])
    try Checkpoint(root: .dictionary(small.dictionary)).write(to: folder.file("small.h5"))
    let read = try Checkpoint.open(folder.file("small.h5")).stateDict()
    #expect(try read["scale"]?.array(of: Float.self) == [0.5, 0.25])
    #expect(try read["steps"]?.array(of: Int.self) == [90_000])

    let result = try BatchNormVerification().compare(stateDict, distributed.stateDict)
    #expect(result.isBitIdentical && result.maxULP == 0)
    let verdict = try CheckpointVerification().compare(
      checkpoint, Checkpoint.open(folder.file("distributed.h5")))
    #expect(verdict.isEqual && verdict.scope.restOfFirst.isEmpty)
  }

  @Test func theExampleOfADistributedBatchNormRuns() throws {
    let images = (0..<16 * 64 * 4 * 4).map { Float($0 % 101) / 101 }
    let batchNorm = try DistributedBatchNorm2d(virtualWorldSize: 8)
    var bn1 = try BatchNormModule(batchNorm(numFeatures: 64))
    let output = try bn1.train(images, shape: [16, 64, 4, 4])
    let state = try bn1.stateDict()
    #expect(output.count == images.count && state["running_mean"]?.shape == [8, 64])

    let model = try ResNet.resnext50_32x4d(
      normLayer: DistributedBatchNorm2d(virtualWorldSize: 8))
    #expect(model.parameters.first { $0.key == "bn1.running_mean" }?.shape == [8, 64])
  }

  @Test func theExampleOfTrainingAModelRuns() throws {
    let model = MobileNetV2.mobilenet_v2(classes: 2)
    var weights = StateDict()
    for parameter in model.parameters {
      let count = parameter.shape.reduce(1, *)
      weights[parameter.key] =
        parameter.key.hasSuffix("num_batches_tracked")
        ? try Tensor([5], shape: [])
        : try Tensor(
          rounding: (0..<count).map { Double($0 % 7) / 7 }, to: .float32, shape: parameter.shape)
    }
    let batch = try DenseArray(
      shape: [2, 3, 32, 32], values: (0..<2 * 3 * 1024).map { Double($0 % 89) })

    var executor = try ReferenceExecutor(model, weights)
    let logits = try executor.run(["input": batch], mode: .training)
    let trained = try executor.stateDict(updating: weights)
    #expect(logits[0].shape == [2, 2] && trained.names == weights.names)
    #expect(try trained["features.0.1.num_batches_tracked"]?.integers() == [6])
  }

  @Test func checkpointsAreMeasuredAndShown() throws {
    let folder = try TemporaryFolder()
    let fixture = Fixture("torch/digits-shards")
    let stateDict = try Checkpoint.open(fixture.file("model.pt2")).stateDict()
    let data = try SampleData(
      Checkpoint.open(fixture.file("test.npz")).stateDict(), labelled: true,
      scaling: InputScaling(divisor: 16))
    let model = try #require(try Checkpoint.open(fixture.file("model.pt2")).model())

    let measured = try Recalibration(model.graph).run(stateDict, on: data)
    let results = try Evaluation(model.graph).run([stateDict, measured.stateDict], on: data)
    let accuracies = results.map(\.classification.total.top1Accuracy)
    #expect(accuracies[0] == 272.0 / 360 && accuracies[1] > accuracies[0])
    let named = Array(zip(["before", "after"], results))
    try Report(named, summary: [], listsClasses: false).write(to: folder.file("report.html"))
    #expect(folder.contents == ["report.html"])
  }
}
