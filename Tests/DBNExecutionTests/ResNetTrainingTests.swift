import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// One training forward of whole ResNets against PyTorch's in float64: logits and buffers, of which
/// every fifth value was recorded. No value is further off than 1e-12 of the largest of its tensor.
///
/// Few values to a channel make much of a rounding: images of 33x1 would make 1e-11 of it in 152
/// layers, so those of the deepest are larger.
struct ResNetTrainingTests {
  @Test(arguments: [
    "resnet18-standard", "resnet34-standard", "resnet50-standard", "resnet101-standard",
    "resnet152-standard", "resnet18-replicated", "resnet50-replicated",
  ])
  func logitsAndBuffersArePyTorchs(name: String) throws {
    let expected = try RecordedOutputs(Fixture("architectures"), "training.pth", name)
    let parts = name.split(separator: "-").map(String.init)
    let architecture = try #require(Architecture.named(parts[0]))
    // Seven samples on two devices: slices of 4 and 3. With two values to a channel, as a slice of
    // one sample would have, a network of fifty layers makes 1e-4 of one rounding.
    let distributed = try DistributedBatchNorm2d(virtualWorldSize: 2)
    let graph =
      parts[1] == "standard"
      ? architecture(classes: 10) : architecture(classes: 10, normLayer: distributed)
    let stateDict = try Formula.stateDict(for: graph, gain: Formula.gain(of: "training"))
    var executor = try ReferenceExecutor(graph, stateDict)
    let images = try DenseArray(Formula.tensor("input", expected.input))
    let logits = try #require(try executor.run(["input": images], mode: .training).first)
    #expect(try expected.error(of: logits, "logits").relative <= 1e-12)
    var names: Set = ["input", "logits"]
    for (module, batchNorm) in executor.batchNorms {
      let (mean, variance) = ("\(module).running_mean", "\(module).running_var")
      names.formUnion([mean, variance])
      #expect(try error(batchNorm.rows.flatMap(\.mean), mean, expected) <= 1e-12, "\(mean)")
      #expect(
        try error(batchNorm.rows.flatMap(\.variance), variance, expected) <= 1e-12, "\(variance)")
      #expect(batchNorm.rows.allSatisfy { $0.batchesTracked == 1 })
    }
    #expect(names == expected.names)
  }

  private func error(
    _ values: [Double], _ name: String, _ expected: RecordedOutputs
  ) throws -> Double {
    let fifths = stride(from: 0, to: values.count, by: 5).map { values[$0] }
    return try expected.error(of: fifths, name).relative
  }
}
