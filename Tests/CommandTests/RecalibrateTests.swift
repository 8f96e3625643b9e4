import DBNCheckpoints
import DBNExecution
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// `recalibrate`, against PyTorch's `update_bn`, fvcore's precise BatchNorm, and the law of total
/// variance in float64.
struct RecalibrateTests {
  private static let fixture = Fixture("torch/digits-shards")
  private let model = Self.fixture.file("model.pt2")
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func recalibrate(
    _ weights: String, _ arguments: [String] = []
  ) throws -> (stateDict: StateDict, checkpoint: Checkpoint) {
    let output = folder.file("recalibrated.h5")
    let command = try Command(
      [
        "recalibrate", model, "--weights", weights, "--data", Self.fixture.file("train.npz"),
        "--divide", "16", "--output", output, "--force",
      ] + arguments)
    #expect(command.status == 0, "\(command.error)")
    let checkpoint = try Checkpoint.open(output)
    return (try checkpoint.stateDict(), checkpoint)
  }

  /// What `eval` says of the result.
  private func evaluated(_ arguments: String...) throws -> JSON? {
    let command = try Command(
      [
        "eval", model, "--weights", folder.file("recalibrated.h5"), "--divide", "16", "--json",
        "--data", Self.fixture.file("test.npz"),
      ] + arguments)
    return try JSON(parsing: command.output)["results"]?.array?.first
  }

  /// The largest difference of a tensor's numbers, relative to the largest of them.
  private func error(_ tensor: Tensor?, _ expected: Tensor) throws -> Double {
    let (values, expected) = (try #require(tensor).doubles(), try expected.doubles())
    let difference = zip(values, expected).map { abs($0 - $1) }.max() ?? .infinity
    return difference / (expected.map(abs).max() ?? 0)
  }

  /// Storing as float32 alone costs 6e-8. Accuracy afterwards is equal to the sample.
  @Test(arguments: [
    ("exact-64", ["--batch", "64"], 1e-7), ("exact-100", ["--batch", "100"], 1e-7),
    ("fvcore-64", ["--batch", "64"], 1e-5), ("fvcore-100", ["--batch", "100"], 1e-5),
    ("torch-64", ["--batch", "64", "--statistics", "average"], 1e-5),
    ("torch-100", ["--batch", "100", "--statistics", "average"], 1e-5),
    ("layers", ["--batch", "1408"], 1e-7),
  ])
  func statisticsAndAccuracyAreThoseThatPyTorchFinds(
    name: String, arguments: [String], tolerance: Double
  ) throws {
    let found = try recalibrate(model, arguments).stateDict
    let expected = try Checkpoint.open(Self.fixture.file("recalibrated.pth"))
      .findStateDict(at: EntryPath(name)).stateDict
    #expect(expected.tensors.count == 6)
    for (key, tensor) in expected.tensors {
      let error = try error(found[key], tensor)
      #expect(error < tolerance, "\(key): \(error)")
    }
    try EvalTests.expect(
      evaluated(), equals: EvalTests.expected(name), lossWithin: 100 * tolerance)
  }

  /// In Float32 by the fast engine, where it was built in.
  @Test(arguments: Engine.allCases.filter(\.isAvailable))
  func everyEngineMeasuresTheSame(engine: Engine) throws {
    let found = try recalibrate(model, ["--engine", engine.rawValue]).stateDict
    let expected = try Checkpoint.open(Self.fixture.file("recalibrated.pth"))
      .findStateDict(at: EntryPath("exact-64")).stateDict
    for (key, tensor) in expected.tensors {
      let error = try error(found[key], tensor)
      #expect(error < 1e-5, "\(key): \(error)")
    }
    try EvalTests.expect(
      evaluated("--engine", engine.rawValue), equals: EvalTests.expected("exact-64"),
      lossWithin: 1e-5)
  }

  @Test func theHistorySaysWhatWasDone() throws {
    let (stateDict, checkpoint) = try recalibrate(
      model, ["--batch", "100", "--batches", "3"])
    let record = try #require(checkpoint.history.last)
    #expect(record["operation"] == "recalibrate" && record["data"] == "train.npz")
    #expect(record["samples"] == 300 && record["batches"] == 3 && record["batch"] == 100)
    #expect(record["statistics"] == "population" && record["batch_norms"] == 3)
    #expect(record["scaling"]?["divide"] == .double(16))
    #expect(try stateDict["bn1.num_batches_tracked"]?.integers() == [3])
  }

  /// Slices of a batch of 64 are what one device had, in training: its row becomes theirs.
  @Test func replicatedOnesAreMeasuredDeviceByDevice() throws {
    let weights = Self.fixture.file("checkpoint.pth")
    let (stateDict, _) = try recalibrate(weights)
    let original = try Checkpoint.open(weights).stateDict()
    #expect(stateDict.names == original.names)
    for (name, tensor) in original.tensors {
      let new = try #require(stateDict[name])
      #expect(new.shape == tensor.shape && new.scalarType == tensor.scalarType)
      let isBuffer = name.contains("running") || name.contains("batches")
      #expect(try new.storage.hasEqualBytes(to: tensor.storage) != isBuffer, "\(name)")
    }
    #expect(try stateDict["bn3.num_batches_tracked"]?.integers() == [22, 22, 22, 22])
    // As trained, they get 353; statistics without the lag of momentum must not be far.
    #expect(try #require(evaluated()?["correct"]?.int) >= 350)
  }

  @Test func theSameInputGivesTheSameBytes() throws {
    let file = URL(filePath: folder.file("recalibrated.h5"))
    _ = try recalibrate(model, ["--batches", "2"])
    let first = try Data(contentsOf: file)
    _ = try recalibrate(model, ["--batches", "2"])
    #expect(try Data(contentsOf: file) == first)
  }

  @Test func aFailureLeavesNothing() throws {
    let command = try Command(
      "recalibrate", model, "--weights", model, "--data", Self.fixture.file("train.npz"),
      "--output", folder.file("out.h5"), "--batch", "0")
    #expect(command.status == 64)
    let missing = try Command(
      "recalibrate", model, "--weights", model, "--data", Self.fixture.file("missing.npz"),
      "--output", folder.file("out.h5"))
    #expect(missing.status == 2 && missing.error.contains("missing.npz"))
    #expect(folder.contents.isEmpty)
  }
}
