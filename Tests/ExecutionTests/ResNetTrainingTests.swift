import Execution
import Foundation
import Models
import Tensors
import TestSupport
import Testing

/// One training forward of whole ResNets against PyTorch's in float64: logits and buffers, relative
/// to the largest of each, 1e-12.
struct ResNetTrainingTests {
  @Test(arguments: ["resnet18", "resnet50"], ["standard", "replicated"])
  func logitsAndBuffersArePyTorchs(name: String, layout: String) throws {
    let bytes = try Fixture("architectures").bytes("training.json")
    let document = try JSON(parsing: ByteRegion(bytes))
    let expected = try #require(document["\(name)-\(layout)"])
    let architecture = try #require(Architecture.named(name))
    // Seven samples on two devices: slices of 4 and 3. With two values to a channel, as a slice of
    // one sample would have, a network of fifty layers makes 1e-4 of one rounding.
    let distributed = try DistributedBatchNorm2d(virtualWorldSize: 2)
    let graph =
      layout == "standard"
      ? architecture(classes: 10) : architecture(classes: 10, normLayer: distributed)
    var executor = try ReferenceExecutor(graph, Formula.stateDict(for: graph))
    let samples = try #require(expected["samples"]?.int)
    let images = try DenseArray(Formula.tensor("input", [samples, 3, 33, 1]))
    let logits = try #require(try executor.run(["input": images], mode: .training).first)
    let wanted = try #require(expected["logits"]).numbers
    try #require(wanted.count == logits.values.count)
    let scale = logits.values.map(abs).max() ?? 0
    #expect(zip(logits.values, wanted).allSatisfy { abs($0 - $1) <= 1e-12 * scale })
    for (module, batchNorm) in executor.batchNorms {
      let buffers = try #require(expected["buffers"])
      check(batchNorm.rows.flatMap(\.mean), buffers["\(module).running_mean"])
      check(batchNorm.rows.flatMap(\.variance), buffers["\(module).running_var"])
      #expect(batchNorm.rows.allSatisfy { $0.batchesTracked == 1 })
    }
  }

  /// The first two values and the sum of all magnitudes.
  private func check(_ values: [Double], _ expected: JSON?) {
    let wanted = expected?.numbers ?? []
    let scale = values.map(abs).max() ?? 0
    let sum = values.map(abs).reduce(0, +)
    #expect(wanted.count == 3)
    for (value, wanted) in zip(values, wanted.prefix(2)) {
      #expect(abs(value - wanted) <= 1e-12 * scale)
    }
    #expect(abs(sum - (wanted.last ?? .nan)) <= 1e-12 * sum)
  }
}

extension JSON {
  fileprivate var numbers: [Double] { array?.compactMap { Double($0.string ?? "") } ?? [] }
}
