import DBNBatchNorm
import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// The claim that distributed BatchNorm is made for: V virtual devices on one machine are what V
/// machines with a standard BatchNorm each would be.
///
/// ResNet-18, on images so small that its last layers have two positions: what a slice of one
/// sample needs.
struct SlicedTrainingTests {
  private static let shape = [3, 33, 1]

  private func images(_ samples: Int) throws -> DenseArray {
    try DenseArray(Formula.tensor("input", [samples] + Self.shape))
  }

  @Test(arguments: [16, 10])
  func eachDeviceDoesWhatAStandardModelDoesOnItsSliceAlone(samples: Int) throws {
    let graph = ResNet.resnet18(classes: 10)
    let standard = try Formula.stateDict(for: graph)
    let distributed = try standard.toDistributed(worldSize: 4).stateDict
    var whole = try ReferenceExecutor(graph, distributed)
    let images = try images(samples)
    let logits = try #require(try whole.run(["input": images], mode: .training).first)
    let length = samples == 16 ? 4 : 3
    for device in 0..<4 {
      let slice = device * length..<min((device + 1) * length, samples)
      var alone = try ReferenceExecutor(graph, standard)
      let input = try DenseArray(
        shape: [slice.count] + Self.shape,
        values: Array(images.values[slice.lowerBound * 99..<slice.upperBound * 99]))
      let own = try #require(try alone.run(["input": input], mode: .training).first)
      #expect(own.values == Array(logits.values[slice.lowerBound * 10..<slice.upperBound * 10]))
      #expect(alone.batchNorms.count == 20)
      for (name, module) in alone.batchNorms {
        #expect(module.rows[0] == whole.batchNorms[name]?.rows[device], "\(name)")
      }
    }
  }
}
