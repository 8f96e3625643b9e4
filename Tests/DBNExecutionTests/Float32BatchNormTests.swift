import DBNBatchNorm
import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// The fast Float32 forward against PyTorch's float32 modules and against the reference.
///
/// Differences are relative to the largest value: of outputs 4e-6, of buffers 1e-6. Against the
/// reference, means may differ by 1e-6 of themselves and a standard deviation.
struct Float32BatchNormTests {
  @Test(arguments: DistributedCase.all(failing: false))
  func outputsAndBuffersArePyTorchs(example: DistributedCase) throws {
    var module = try example.module(.float32)
    let inputs = try (0..<2).map { try example.input($0, .float32) }
    func check(_ output: Tensor, _ tensor: String) throws {
      #expect(output.scalarType == .float32 && output.shape == example.shape)
      #expect(try example.error(of: output.doubles(), in: tensor, .float32) < 4e-6, "\(tensor)")
    }
    try check(module.evaluate(inputs[0]), "eval")
    try check(module.train(inputs[0]), "train0")
    try check(module.train(inputs[1]), "train1")
    if module.norm.tracksRunningStatistics {
      let (means, variances) = (module.rows.flatMap(\.mean), module.rows.flatMap(\.variance))
      #expect(try example.error(of: means, in: "running_mean", .float32) < 1e-6)
      #expect(try example.error(of: variances, in: "running_var", .float32) < 1e-6)
      let counters = module.rows.map(\.batchesTracked)
      #expect(try example.error(of: counters, in: "num_batches_tracked", .float32) == 0)
    }
    try check(module.evaluate(inputs[0]), "after")
  }

  @Test(arguments: DistributedCase.all(failing: true))
  func oneValuePerChannelIsAnErrorThatChangesNothing(example: DistributedCase) throws {
    var module = try example.module(.float32)
    let before = module.rows
    var values = try example.input(0, .float32).array(of: Float.self)
    let untouched = values
    let error = #expect(throws: CheckpointError.self) {
      var span = values.mutableSpan
      try module.train(inPlace: &span, shape: example.shape)
    }
    #expect(error?.code == .tooFewValues)
    #expect(module.rows == before && module.accumulationStep == 0 && values == untouched)
  }

  /// A batch, by its shape and by where its values lie: `offset` from zero, samples `drift` apart.
  struct Batch: Sendable {
    let shape: [Int]
    let worldSize: Int
    var offset: Float = 0
    var drift: Float = 0

    func values(_ generator: inout SplitMix64) -> [Float] {
      let perSample = shape[1...].reduce(1, *)
      return (0..<shape[0] * perSample).map { index in
        offset + drift * Float(index / perSample) + Float.random(in: -1...1, using: &generator)
      }
    }
  }

  static let batches = [
    Batch(shape: [5, 3, 7, 9], worldSize: 1), Batch(shape: [9, 4, 1], worldSize: 4),
    Batch(shape: [64, 5], worldSize: 8), Batch(shape: [3, 2, 45, 67], worldSize: 2),
    Batch(shape: [4, 2, 16], worldSize: 4), Batch(shape: [7, 3, 2, 3, 5], worldSize: 3),
    Batch(shape: [6, 2, 15, 17], worldSize: 2, offset: 10_000),
    Batch(shape: [6, 2, 15, 17], worldSize: 1, offset: -1e6),
    Batch(shape: [40, 2, 5, 5], worldSize: 2, drift: 1000),
    Batch(shape: [40, 1, 33], worldSize: 1, offset: 1e5, drift: -100),
    Batch(shape: [2, 300, 40, 40], worldSize: 2),
  ]

  @Test(arguments: batches)
  func theReferenceSaysTheSame(batch: Batch) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var generator = SplitMix64(seed: seed)
    let values = batch.values(&generator)
    var norm = try NormModule(batch.shape[1], worldSize: batch.worldSize)
    norm.momentum = 1
    var (fast, reference) = (try BatchNormModule(norm), try BatchNormModule(norm))
    let input = try DenseArray(shape: batch.shape, values: values.map(Double.init))
    for mode in ["train", "evaluate"] {
      let isTraining = mode == "train"
      let output =
        try isTraining
        ? fast.train(values, shape: batch.shape) : fast.evaluate(values, shape: batch.shape)
      let wanted = try isTraining ? reference.train(input) : reference.evaluate(input)
      let error = relativeError(output.map(Double.init), wanted.values)
      #expect(error < 4e-6, "\(mode), seed \(seed)")
    }
    for (row, wanted) in zip(fast.rows, reference.rows) {
      let deviation = wanted.variance.map { $0.squareRoot() }.max() ?? 0
      let means = zip(row.mean, wanted.mean).map { abs($0 - $1) / (abs($1) + deviation) }
      #expect(means.allSatisfy { $0 < 1e-6 }, "seed \(seed)")
      #expect(relativeError(row.variance, wanted.variance) < 1e-6, "seed \(seed)")
      #expect(row.batchesTracked == wanted.batchesTracked)
    }
  }

  @Test(arguments: batches)
  func inPlaceAndIntoAnotherPlaceAreTheSameBits(batch: Batch) throws {
    var generator = SplitMix64(seed: 7)
    let values = batch.values(&generator)
    var (first, second) = (
      try BatchNormModule(NormModule(batch.shape[1], worldSize: batch.worldSize)),
      try BatchNormModule(NormModule(batch.shape[1], worldSize: batch.worldSize))
    )
    var output = [Float](repeating: .nan, count: values.count)
    var span = output.mutableSpan
    try first.train(values.span, shape: batch.shape, into: &span)
    #expect(try second.train(values, shape: batch.shape) == output)
    #expect(first.rows == second.rows)
    span = output.mutableSpan
    try first.evaluate(values.span, shape: batch.shape, into: &span)
    #expect(try second.evaluate(values, shape: batch.shape) == output)
  }

  @Test(arguments: batches)
  func aSliceAloneGivesTheSameBits(batch: Batch) throws {
    var generator = SplitMix64(seed: 11)
    let values = batch.values(&generator)
    let norm = try NormModule(batch.shape[1], worldSize: batch.worldSize)
    var distributed = try BatchNormModule(norm)
    let output = try distributed.train(values, shape: batch.shape)
    let perSample = batch.shape[1...].reduce(1, *)
    for (device, slice) in distributed.slices(of: batch.shape[0]).enumerated() where !slice.isEmpty
    {
      var standard = try BatchNormModule(NormModule(numFeatures: batch.shape[1]))
      let place = slice[0] * perSample..<(slice[0] + slice.count) * perSample
      let alone = try standard.train(
        Array(values[place]), shape: [slice.count] + batch.shape[1...])
      #expect(alone == Array(output[place]))
      #expect(standard.rows[0] == distributed.rows[device])
    }
  }

  @Test func whatIsNotFiniteIsNotHidden() throws {
    for bad in [Float.nan, .infinity] {
      var module = try BatchNormModule(NormModule(numFeatures: 1))
      let values = [1, 2, bad] + [Float](repeating: 3, count: 40)
      let output = try module.train(values, shape: [1, 1, 43])
      #expect(output.allSatisfy { !$0.isFinite || $0 == 0 } && !module.rows[0].mean[0].isFinite)
      #expect(!module.rows[0].variance[0].isFinite)
    }
  }

  @Test func aShapeThatTheValuesDoNotHaveIsAnError() throws {
    var module = try BatchNormModule(BatchNorm2d()(2))
    for shape in [[2, 2, 2], [2, 3, 1, 1], [2, 2, 2, 2], [2, 2, -1, -1], [.max, 2, .max, 2]] {
      let error = #expect(throws: CheckpointError.self) {
        try module.train([1, 2, 3, 4], shape: shape)
      }
      #expect(error != nil)
    }
    #expect(module.rows[0].batchesTracked == 0)
  }
}

extension NormModule {
  fileprivate init(_ numFeatures: Int, worldSize: Int) throws {
    self.init(numFeatures: numFeatures)
    (layout, self.worldSize) = (.replicated, worldSize)
  }
}

private func relativeError(_ values: [Double], _ wanted: [Double]) -> Double {
  let distance = zip(values, wanted).map { abs($0 - $1) }.reduce(0, max)
  return distance == 0 ? 0 : distance / (wanted.map(abs).max() ?? 0)
}

/// Steele, Lea, Flood 2014.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
