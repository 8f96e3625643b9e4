public import DBNBatchNorm
public import DBNComparison
public import DBNExecution
public import DBNModels
public import DBNTensors

/// Compares two checkpoints BatchNorm by BatchNorm, without a model: each on inputs drawn from its
/// own statistics, standard with distributed or both in the same layout.
///
/// In training, a distributed module is compared with a standard one that is run on each slice
/// separately, from its own buffers: the outputs of slice i and row i of the updated buffers must
/// be equal. That defines the simulation of V devices.
///
/// All stored values are compared too, parameters, running statistics, counters and the tensors
/// outside the BatchNorms: to the bit, or within the tolerance.
public struct BatchNormVerification: Sendable {
  /// Whether the BatchNorms are compared in evaluation or in training.
  public var mode = ExecutionMode.evaluation
  /// N; nil for two samples per virtual device, at least 8, and enough to reach every device.
  public var samples: Int?
  /// P, the number of positions (pixels) in a sample. A BatchNorm of millions of features, which only
  /// an expanded tensor has, gets fewer.
  public var positions = 4
  /// How far apart numbers may be; by default they must be equal.
  public var tolerance = NumberComparison.Tolerance()
  /// Epsilon and momentum for when neither file has them.
  public var options = BatchNormModule.Options()
  /// The seed of the random inputs.
  public var seed: UInt64 = 2026
  /// Epsilon and momentum of the two files; if they have none, those of `options` are used.
  public var settings = BatchNormSettingsPair()
  /// More layouts to recognise, tried before the known ones.
  public var layouts: [BatchNormLayout] = []
  /// How to read BatchNorms whose names and shapes leave their layout open, in both.
  public var hint: BatchNormSurvey.Hint?
  /// The layouts of the BatchNorms in the two state dicts, where a conversion knows them.
  public var known = (a: [String: BatchNormSurvey.Hint](), b: [String: BatchNormSurvey.Hint]())

  /// Makes a verification in evaluation, to the last bit.
  public init() {}

  /// The largest mini-batch: two samples for each of the largest number of virtual devices.
  public static let samplesLimit = 2 * StateDict.worldSizeLimit

  /// The largest number of values of a layer's batch in memory at a time: 8 MiB, several times
  /// over.
  private static let valuesLimit = 1 << 20

  /// - Throws: `invalidBatch` for a batch that does not reach every device; `batchNormsDiffer` when
  ///   the two don't have the same BatchNorms; `tooFewValues` in training, when a slice has one
  ///   value per channel.
  public func compare(_ a: StateDict, _ b: StateDict) throws(CheckpointError) -> VerificationResult
  {
    let (a, b) = StateDict.sharingClasses(a, b)
    let pairs = try BatchNormPair.matching(
      a, BatchNormSurvey(a, hint: hint, layouts: layouts, known: known.a),
      b, BatchNormSurvey(b, hint: hint, layouts: layouts, known: known.b), options: options,
      settings: settings)
    let reach = BatchReach(pairs.flatMap { [($0.name, $0.a.norm), ($0.name, $0.b.norm)] })
    var samples = self.samples ?? 0
    if self.samples == nil {
      samples = try reach.leastSamples(from: max(8, 2 * reach.worldSize))
    }
    guard (1...Self.samplesLimit).contains(samples) else {
      throw .invalidBatch(samples)
    }
    try reach.check(samples)
    var result = VerificationResult(mode: mode, samples: samples)
    result.inputs = VerificationInputs(seed: seed)
    result.tolerance = tolerance
    result.layers = try concurrentMap(pairs.count) { [samples] index throws(CheckpointError) in
      try compare(pairs[index], stream: index, samples: samples)
    }
    try result.compareState(a, b, pairs, tolerance: tolerance)
    return result
  }

  private func compare(
    _ pair: BatchNormPair, stream: Int, samples: Int
  ) throws(CheckpointError) -> VerificationResult.Layer {
    let positions = positions(samples: samples, features: pair.features)
    var generator = InputGenerator(seed: seed, stream: stream)
    var result = VerificationResult.Layer(pair)
    try pair.forEachPart(
      of: Self.valuesLimit, valuesPerFeature: samples * positions
    ) { part throws(CheckpointError) in
      let input = part.input(samples, positions, &generator)
      var layer = LayerComparison(part, result, tolerance: tolerance)
      do throws(CheckpointError) {
        switch mode {
        case .evaluation: try layer.compareEvaluation(on: input)
        case .training: try layer.compareTraining(on: input)
        }
      } catch {
        throw error.with(name: pair.name)
      }
      result = layer.result
    }
    return result
  }

  /// The number of positions with which a layer's batch has at most 64 million values, so that a
  /// small file does not cost minutes; at least the two values for each channel of training.
  private func positions(samples: Int, features: Int) -> Int {
    let affordable = (64 << 20) / max(1, samples * features)
    return min(positions, max(mode == .training ? 2 : 1, affordable))
  }
}
