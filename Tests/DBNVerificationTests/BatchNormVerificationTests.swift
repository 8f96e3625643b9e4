import DBNComparison
import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import DBNVerification
import Testing

import DBNBatchNorm

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
    for samples in [nil, 5 * worldSize - (worldSize > 1 ? 1 : 0)] {
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

  /// Evaluation uses no counter; it is state all the same.
  @Test(arguments: ExecutionMode.allCases)
  func aCounterIsState(mode: ExecutionMode) throws {
    var other = try standard.toDistributed(worldSize: 2).stateDict
    other["bn.num_batches_tracked"] = try Tensor([7, 1007], shape: [2])
    var verification = BatchNormVerification()
    verification.mode = mode
    for tolerance in [0, 0.5] {
      verification.tolerance.absolute = tolerance
      let result = try verification.compare(standard, other)
      #expect(!result.isEqual && !result.isBitIdentical)
      let divergence = result.firstDivergence?.divergence
      #expect(divergence?.quantity == "num_batches_tracked" && divergence?.device == 1)
      let counted = mode == .training ? 1.0 : 0
      #expect(divergence?.a == 7 + counted && divergence?.b == 1007 + counted)
    }
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
      #expect(!result.isEqual && !result.isBitIdentical && result.layers[0].state.maxULP == 1)
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

  /// Two samples to a device leave the last without any where N is 9 and V is 4: 3, 3, 3, 0.
  @Test(arguments: [(1, 1, 4), (2, 2, 4), (9, 3, 10)], ExecutionMode.allCases)
  func aBatchThatMissesADeviceIsAnError(
    sizes: (samples: Int, reached: Int, enough: Int), mode: ExecutionMode
  ) throws {
    let other = try standard.toDistributed(worldSize: 4).stateDict
    var verification = BatchNormVerification()
    verification.mode = mode
    verification.samples = sizes.samples
    let error = #expect(throws: CheckpointError.self) {
      try verification.compare(standard, other)
    }
    #expect(error?.code == .invalidBatch && error?.name == "bn")
    #expect(error?.reason.contains("reaches \(sizes.reached) of 4 devices") == true)
    #expect(error?.advice == "verify with \(sizes.enough) samples")
    verification.samples = sizes.enough
    #expect(try verification.compare(standard, other).isBitIdentical)
  }

  /// PyTorch's module without affine parameters computes as one with ones and zeros, and takes a
  /// missing counter for 0.
  @Test(arguments: ExecutionMode.allCases)
  func whatIsMissingIsOnesAndZeros(mode: ExecutionMode) throws {
    var plain = StateDict()
    for last in ["running_mean", "running_var", "num_batches_tracked"] {
      plain["bn.\(last)"] = standard["bn.\(last)"]
    }
    var affine = plain
    affine["bn.weight"] = try .float32([1, 1, 1])
    affine["bn.bias"] = try .float32([0, 0, 0])
    var verification = BatchNormVerification()
    verification.mode = mode
    let result = try verification.compare(plain, affine)
    #expect(result.isBitIdentical && result.impliedTensors == ["bn.weight", "bn.bias"])
    affine["bn.bias"] = try .float32([0, 0, 1e-3])
    #expect(try !verification.compare(plain, affine).isEqual)
    var uncounted = StateDict()
    for (name, tensor) in standard.tensors where !name.hasSuffix("tracked") {
      uncounted[name] = tensor
    }
    let divergence = try verification.compare(standard, uncounted).firstDivergence?.divergence
    #expect(divergence?.quantity == "num_batches_tracked")
    var zero = standard
    zero["bn.num_batches_tracked"] = try Tensor([0], shape: [])
    #expect(try verification.compare(zero, uncounted).isBitIdentical)
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
    #expect(result.stateMaxAbsolute == Double(Float(0.001)))
  }

  /// The outputs of a slice hardly show a mean that was moved where the variance is large.
  @Test(arguments: ["running_mean", "running_var", "weight", "bias"], ExecutionMode.allCases)
  func aToleranceIsForWhatIsStoredToo(last: String, mode: ExecutionMode) throws {
    var wide = standard
    wide["bn.running_var"] = try .float32([1e12, 1e12, 1e12])
    var other = wide
    var values = try #require(wide["bn.\(last)"]).doubles()
    values[1] += 1e6
    other["bn.\(last)"] = try .float32(values)
    var verification = BatchNormVerification()
    verification.mode = mode
    verification.tolerance.absolute = 10
    #expect(try !verification.compare(wide, other).isEqual)
  }

  @Test func otherTensorsAreComparedByteForByte() throws {
    var other = standard
    other["conv.weight"] = try .float32([0.5, -0.25, 1, 2.5], [2, 2, 1, 1])
    other["extra"] = try .float32([1])
    let result = try BatchNormVerification().compare(standard, other)
    #expect(!result.isEqual && !result.isBitIdentical)
    #expect(result.differentTensors.map(\.name) == ["conv.weight", "extra"])
    #expect(result.otherTensors == 2 && result.otherDifferences.isEmpty)
    #expect(result.text().contains("different in 2 other tensors ("))
  }

  @Test func nearIsNotBitIdentical() throws {
    var other = standard
    let weight = try #require(standard["conv.weight"])
    other["conv.weight"] = try .float32(weight.doubles().map { $0 + 1e-3 }, weight.shape)
    var verification = BatchNormVerification()
    verification.tolerance.absolute = 0.01
    let result = try verification.compare(standard, other)
    #expect(result.isEqual && !result.isBitIdentical && result.stateMaxAbsolute > 0.0009)
  }

  /// What is nested in a state dict, as `_extra_state` is, belongs to the model.
  @Test func nestedValuesAreCompared() throws {
    func with(_ scale: Double, _ flag: Bool) throws -> StateDict {
      var extra = CheckpointDictionary()
      extra.set(.string("scale"), to: .tensor(try .float32([scale])))
      extra.set(.string("flag"), to: .bool(flag))
      var dictionary = standard.dictionary
      dictionary.set(.string("fc._extra_state"), to: .dictionary(extra))
      return try #require(StateDict(dictionary))
    }
    let same = try BatchNormVerification().compare(with(1, true), with(1, true))
    #expect(same.isBitIdentical && same.otherTensors == 2)
    for other in [try with(2, true), try with(1, false), standard] {
      let result = try BatchNormVerification().compare(with(1, true), other)
      #expect(!result.isEqual && result.differentTensors.count == 1)
    }
  }

  /// A value of another kind is another value, also where nothing is in it.
  @Test func containersOfDifferentKindsDiffer() throws {
    let one = CheckpointValue.tensor(try .float32([1]))
    var mapping = CheckpointDictionary()
    mapping.set(.int(0), to: one)
    let values: [CheckpointValue] = [
      .list([one]), .tuple([one]), .set([one]), .dictionary(mapping), .list([]), .tuple([]),
      .dictionary(CheckpointDictionary()),
    ]
    func with(_ value: CheckpointValue) throws -> StateDict {
      var dictionary = standard.dictionary
      dictionary.set(.string("extra"), to: value)
      return try #require(StateDict(dictionary))
    }
    for (index, a) in values.enumerated() {
      for (other, b) in values.enumerated() {
        let result = try BatchNormVerification().compare(with(a), with(b))
        #expect(result.isBitIdentical == (index == other))
      }
    }
  }

  /// Numbers that are one as Float64: signs of zeros, payloads, integers beyond 2^53.
  @Test func bitsThatNumbersHideAreDifferences() throws {
    func with(_ bias: Double?, _ count: Int, _ other: Int) throws -> StateDict {
      var model = standard
      model["bn.bias"] = try bias.map { try .float32([$0, 0, 0]) }
      model["bn.num_batches_tracked"] = try Tensor([count], shape: [])
      model["count"] = try Tensor([other], shape: [])
      return model
    }
    let large = 1 << 53
    let original = try with(0, large, large)
    for (changed, survivesTolerance) in [
      (try with(-0.0, large, large), true), (try with(0, large + 1, large), false),
      (try with(0, large, large + 1), false),
    ] {
      var verification = BatchNormVerification()
      let exact = try verification.compare(original, changed)
      #expect(!exact.isEqual && (exact.otherDifferences + exact.differentTensors).count == 1)
      verification.tolerance.absolute = 0.5
      let near = try verification.compare(original, changed)
      #expect(near.isEqual == survivesTolerance && !near.isBitIdentical)
    }
    let missing = try BatchNormVerification().compare(with(-0.0, 1, 1), with(nil, 1, 1))
    #expect(!missing.isEqual && missing.impliedTensors == ["bn.bias"])
  }

  /// Python's keys are bytes: two spellings of a letter are two modules.
  @Test func aDifferenceIsToldOfItsOwnModule() throws {
    let names = ["caf\u{E9}", "cafe\u{301}"]
    var model = StateDict()
    for name in names {
      let one = try StateDict.batchNorm(
        means: [[0, 1]], variances: [[1, 1]], counters: [1], name: name)
      for (key, tensor) in one.tensors where key != "conv.weight" { model[key] = tensor }
    }
    var changed = model
    changed["\(names[1]).num_batches_tracked"] = try Tensor([2], shape: [])
    let result = try BatchNormVerification().compare(model, changed)
    #expect(result.layers.count == 2 && result.layers.count { $0.divergence != nil } == 1)
    #expect(result.firstDivergence?.name.utf8.elementsEqual(names[1].utf8) == true)
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
