import DBNBatchNorm
import DBNExecution
import DBNTensors
import DBNTestSupport
import DBNTorch
import Testing

/// The reference BatchNorm against what PyTorch's own modules computed on the same inputs.
///
/// PyTorch computed in float32, so outputs agree to a few of its roundings: 4e-6 of the largest
/// output, buffers to 1e-6 of theirs.
struct PyTorchActivationsTests {
  @Test(
    arguments: ["torch/digits-standard", "torch/digits-replicated"], ["bn1", "bn2", "bn3"])
  func evaluationGivesPyTorchsOutputs(fixture: String, layer: String) throws {
    let recorded = try Recorded(fixture, layer: layer)
    let output = try recorded.module.evaluate(recorded.input())
    #expect(try recorded.relativeError(of: output.values, in: "eval.\(layer).output") < 4e-6)
  }

  @Test(
    arguments: ["torch/digits-standard", "torch/digits-replicated"], ["bn1", "bn2", "bn3"])
  func trainingGivesPyTorchsOutputsAndBuffers(fixture: String, layer: String) throws {
    let recorded = try Recorded(fixture, layer: layer)
    var module = recorded.module
    let output = try module.train(try recorded.input())
    #expect(try recorded.relativeError(of: output.values, in: "train.\(layer).output") < 4e-6)
    let means = module.rows.flatMap(\.mean)
    let variances = module.rows.flatMap(\.variance)
    #expect(try recorded.relativeError(of: means, in: "train.\(layer).running_mean") < 1e-6)
    #expect(try recorded.relativeError(of: variances, in: "train.\(layer).running_var") < 1e-6)
    let counters = try recorded.tensor("train.\(layer).num_batches_tracked").doubles()
    #expect(module.rows.map(\.batchesTracked) == counters)
  }
}

/// A BatchNorm of a fixture's checkpoint and what was recorded around it.
private struct Recorded {
  let module: BatchNormModule
  private let activations: StateDict
  private let layer: String

  init(_ fixture: String, layer: String) throws {
    let stateDict = try read(Fixture(fixture).file("checkpoint.pth"))
    let site = try #require(BatchNormSurvey(stateDict).sites.first { $0.name == layer })
    module = try BatchNormModule(site, in: stateDict)
    activations = try read(Fixture(fixture).file("activations.pth"))
    self.layer = layer
  }

  func tensor(_ name: String) throws -> Tensor { try #require(activations[name]) }

  func input() throws -> Activations {
    let tensor = try tensor("\(layer).input")
    return Activations(
      samples: tensor.shape[0], features: tensor.shape[1],
      positions: tensor.shape[2...].reduce(1, *), values: try tensor.doubles())
  }

  /// The largest difference to the recorded values, relative to the largest of those.
  func relativeError(of values: [Double], in name: String) throws -> Double {
    let expected = try tensor(name).doubles()
    try #require(values.count == expected.count)
    let scale = try #require(expected.map(abs).max())
    return zip(values, expected).map { abs($0 - $1) }.reduce(0, max) / scale
  }
}

private func read(_ path: String) throws -> StateDict {
  let checkpoint = try TorchCheckpoint.read(MappedFile.open(path))
  return try checkpoint.stateDict()
}
