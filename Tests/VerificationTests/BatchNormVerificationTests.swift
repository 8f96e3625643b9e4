import Tensors
import TestSupport
import Testing
import Verification

import BatchNorm

struct BatchNormVerificationTests {
  private let standard: StateDict

  init() throws {
    standard = try .batchNorm(
      means: [[0.5, -3, 100]], variances: [[2, 0.125, 1e-8]], counters: [7])
  }

  @Test(arguments: [1, 2, 4, 8, 16], VerificationMode.allCases)
  func aConvertedStateDictIsBitIdentical(worldSize: Int, mode: VerificationMode) throws {
    let distributed = try standard.toDistributed(worldSize: worldSize).stateDict
    var verification = BatchNormVerification()
    verification.mode = mode
    for samples in [nil, 4 * worldSize + 2] {
      verification.samples = samples
      for (a, b) in [(standard, distributed), (distributed, standard)] {
        let result = try verification.compare(a, b)
        #expect(result.isBitIdentical && result.isEqual && result.maxAbsolute == 0)
        #expect(result.layers.map(\.name) == ["bn"] && result.otherTensors == 1)
      }
    }
  }

  @Test(arguments: ["running_mean", "running_var"], [0, 5])
  func oneULPInOneReplicaIsFoundInItsDevice(last: String, device: Int) throws {
    var nudged = try standard.toDistributed(worldSize: 8).stateDict
    var values = try #require(nudged["bn.\(last)"]).doubles()
    let place = device * 3 + 1
    values[place] = Double(Float(values[place]).nextUp)
    nudged["bn.\(last)"] = try .float32(values, [8, 3])
    let result = try BatchNormVerification().compare(standard, nudged)
    #expect(!result.isEqual && !result.isBitIdentical)
    let layer = try #require(result.firstDivergence)
    #expect(layer.name == "bn")
    #expect(layer.divergence?.device == device && layer.divergence?.quantity == "output")
    #expect(layer.divergence?.index == [2 * device, 1, 0])
  }

  @Test func aDifferentMomentumOfCountersShowsInTrainingOnly() throws {
    var other = try standard.toDistributed(worldSize: 2).stateDict
    other["bn.num_batches_tracked"] = try Tensor([7, 8], shape: [2])
    var verification = BatchNormVerification()
    #expect(try verification.compare(standard, other).isEqual)
    verification.mode = .training
    let divergence = try verification.compare(standard, other).firstDivergence?.divergence
    #expect(divergence?.quantity == "num_batches_tracked" && divergence?.device == 1)
    #expect(divergence?.a == 8 && divergence?.b == 9)
  }

  @Test func aToleranceIsAChoice() throws {
    var other = standard
    other["bn.bias"] = try .float32([-0.5, -0.25, 0.001])
    var verification = BatchNormVerification()
    #expect(try !verification.compare(standard, other).isEqual)
    verification.tolerance.absolute = 0.0011
    let result = try verification.compare(standard, other)
    #expect(result.isEqual && !result.isBitIdentical && result.maxAbsolute > 0)
  }

  @Test func otherTensorsAreComparedByteForByte() throws {
    var other = standard
    other["conv.weight"] = try .float32([0.5, -0.25, 1, 2.5], [2, 2, 1, 1])
    other["extra"] = try .float32([1])
    let result = try BatchNormVerification().compare(standard, other)
    #expect(!result.isEqual && !result.isBitIdentical)
    #expect(result.differentTensors.map(\.name) == ["conv.weight", "extra"])
  }

  @Test func differentBatchNormsCannotBeCompared() throws {
    let other = try StateDict.batchNorm(means: [[1]], variances: [[1]], name: "norm")
    let fewer = try StateDict.batchNorm(means: [[1, 2]], variances: [[1, 2]])
    for stranger in [other, fewer] {
      let error = #expect(throws: CheckpointError.self) {
        try BatchNormVerification().compare(standard, stranger)
      }
      #expect(error?.code == .batchNormsDiffer)
    }
  }

  @Test func oneValuePerChannelIsPyTorchsError() throws {
    var verification = BatchNormVerification()
    verification.mode = .training
    verification.samples = 4
    verification.positions = 1
    let distributed = try standard.toDistributed(worldSize: 4).stateDict
    let error = #expect(throws: CheckpointError.self) {
      try verification.compare(standard, distributed)
    }
    #expect(error?.code == .init("too-few-values") && error?.name == "bn")
  }
}
