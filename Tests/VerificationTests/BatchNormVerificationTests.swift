import Execution
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

  @Test(arguments: [1, 2, 4, 8, 16], ExecutionMode.allCases)
  func aConvertedStateDictIsBitIdentical(worldSize: Int, mode: ExecutionMode) throws {
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

  /// A ULP of a float64 is often lost in the rounding of an output.
  @Test(arguments: ["weight", "bias", "running_mean", "running_var"], ExecutionMode.allCases)
  func oneULPOfAFloat64IsFound(last: String, mode: ExecutionMode) throws {
    var model = standard
    for (name, tensor) in standard.tensors where name.hasPrefix("bn.") {
      if tensor.scalarType == .int64 { continue }
      model[name] = try Tensor(rounding: tensor.doubles(), to: .float64, shape: tensor.shape)
    }
    var verification = BatchNormVerification()
    verification.mode = mode
    for place in 0..<3 {
      var values = try #require(model["bn.\(last)"]).doubles()
      values[place] = values[place].nextUp
      var nudged = model
      nudged["bn.\(last)"] = try Tensor(rounding: values, to: .float64, shape: [3])
      let result = try verification.compare(model, nudged)
      #expect(!result.isEqual && !result.isBitIdentical && result.maxULP > 0)
    }
  }

  /// Large batches are run a few features at a time; places are counted in the whole layer.
  @Test(arguments: ExecutionMode.allCases)
  func largeBatchesAreComparedInParts(mode: ExecutionMode) throws {
    var other = try standard.toDistributed(worldSize: 4).stateDict
    var verification = BatchNormVerification()
    verification.mode = mode
    verification.samples = 16
    verification.positions = 1 << 15
    #expect(try verification.compare(standard, other).isBitIdentical)
    other["bn.bias"] = try .float32([-0.5, -0.25, 1])
    let divergence = try verification.compare(standard, other).firstDivergence?.divergence
    #expect(divergence?.quantity == "output" && divergence?.index == [0, 2, 0])
  }

  @Test func devicesThatTheBatchLeavesWithoutSamplesAreComparedToo() throws {
    var other = try standard.toDistributed(worldSize: 4).stateDict
    var values = try #require(other["bn.running_var"]).doubles()
    values[3 * 3 + 2] = 5
    other["bn.running_var"] = try .float32(values, [4, 3])
    var verification = BatchNormVerification()
    verification.samples = 2
    let divergence = try verification.compare(standard, other).firstDivergence?.divergence
    #expect(divergence?.quantity == "running_var" && divergence?.device == 3)
    #expect(divergence?.index == [2])
  }

  @Test(arguments: ExecutionMode.allCases)
  func absentParametersAreOnesAndZeros(mode: ExecutionMode) throws {
    var plain = StateDict()
    for last in ["running_mean", "running_var", "num_batches_tracked"] {
      plain["bn.\(last)"] = standard["bn.\(last)"]
    }
    var affine = plain
    affine["bn.weight"] = try .float32([1, 1, 1])
    affine["bn.bias"] = try .float32([0, 0, 0])
    var verification = BatchNormVerification()
    verification.mode = mode
    #expect(try verification.compare(plain, affine).isBitIdentical)
  }

  /// Checkpoints that were cast as a whole have such counters: float16 ends at 65,504.
  @Test(arguments: [Double.infinity, .nan, 1e300], ExecutionMode.allCases)
  func countersNeedNotBeIntegers(counter: Double, mode: ExecutionMode) throws {
    var model = standard
    model["bn.num_batches_tracked"] = try Tensor(rounding: [counter], to: .float64, shape: [])
    let distributed = try model.toDistributed(worldSize: 2).stateDict
    var verification = BatchNormVerification()
    verification.mode = mode
    #expect(try verification.compare(model, distributed).isBitIdentical)
  }

  @Test func theLargestCounterIsNoObstacle() throws {
    var model = standard
    model["bn.num_batches_tracked"] = try Tensor([.max], shape: [])
    var verification = BatchNormVerification()
    verification.mode = .training
    #expect(try verification.compare(model, model).isBitIdentical)
  }

  @Test(arguments: [0, -1, BatchNormVerification.samplesLimit + 1, Int.max])
  func batchesThatMakeNoSenseAreRefused(samples: Int) {
    var verification = BatchNormVerification()
    verification.samples = samples
    let error = #expect(throws: CheckpointError.self) {
      try verification.compare(standard, standard)
    }
    #expect(error?.code == .invalidBatch)
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
