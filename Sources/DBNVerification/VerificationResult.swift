public import DBNBatchNorm
public import DBNComparison
public import DBNExecution
public import DBNModels
public import DBNTensors

/// Whether two checkpoints give the same outputs, and where they differ.
public struct VerificationResult: Sendable {
  /// The comparison of one layer.
  public struct Layer: Sendable {
    /// The node's name, or the module's.
    public internal(set) var name: String
    /// The BatchNorm's name in the state dict, if the layer is one.
    public internal(set) var module: String?
    /// What the layer does, such as `convolution`: the operation of the graph's node.
    public internal(set) var operation: String
    /// The comparison of what the two compute: outputs and, in training, running statistics after
    /// the batch. Its relative error, cosine similarity and signal-to-noise ratio are of the outputs
    /// alone.
    public internal(set) var outputs: NumberComparison
    /// The comparison of what the two store, if the layer is a BatchNorm: parameters, running
    /// statistics, counters.
    public internal(set) var state: NumberComparison
    /// The layer's first value that differs by more than the tolerance, outputs before state.
    public internal(set) var divergence: Divergence?

    /// Makes a layer of which nothing has been compared yet.
    init(
      name: String, module: String? = nil, operation: String, ulpsOf scalarType: ScalarType
    ) {
      self.name = name
      self.module = module
      self.operation = operation
      outputs = NumberComparison([], [], ulpsOf: scalarType)
      state = outputs
    }

    /// Adds the comparison of one of the layer's quantities.
    ///
    /// - Parameters:
    ///   - part: `outputs` or `state`.
    ///   - coordinates: maps the index of a value to its coordinates in the quantity.
    mutating func add(
      _ comparison: NumberComparison, to part: WritableKeyPath<Layer, NumberComparison>,
      _ quantity: String, device: Int?, coordinates: (Int) -> [Int]
    ) {
      // A counter of 10,000 batches would outweigh all outputs.
      let isOutput = BatchNormQuantity(rawValue: quantity) == nil
      self[keyPath: part].formUnion(comparison, addsSums: isOutput)
      guard divergence == nil, let first = comparison.firstDifference else { return }
      divergence = Divergence(
        quantity: quantity, device: device, index: coordinates(first.index), a: first.a,
        b: first.b)
    }
  }

  /// A value that differs by more than the tolerance.
  public struct Divergence: Sendable, Equatable {
    /// `output`, `weight`, `bias`, `running_mean`, `running_var` or `num_batches_tracked`.
    public let quantity: String
    /// The virtual device whose slice or row it is in, if there are several.
    public let device: Int?
    /// The coordinates in the quantity: sample, feature and position of an output, feature of a
    /// buffer.
    public let index: [Int]
    /// The first checkpoint's number.
    public let a: Double
    /// The second checkpoint's number.
    public let b: Double
  }

  /// The model that was run; nil if every BatchNorm was run separately.
  public let model: String?
  /// Whether the outputs are those of evaluation or of training; nil if some BatchNorms ran in
  /// evaluation and others in training.
  public let mode: ExecutionMode?
  /// The size of the mini-batch.
  public let samples: Int
  /// What they were run on.
  public internal(set) var inputs = VerificationInputs()
  /// How far apart numbers may be and still count as equal.
  public internal(set) var tolerance = NumberComparison.Tolerance()
  /// The comparison of each layer, in the order in which they ran.
  public internal(set) var layers: [Layer] = []
  /// Which parts of two files were compared; empty if two state dicts were given.
  public internal(set) var scope = VerificationScope()
  /// The checksums of what was compared, if they were asked for.
  public internal(set) var digests: [ComparedDigests] = []
  /// The engine that ran the model; the reference runs separate BatchNorms.
  public internal(set) var engine = Engine.reference
  /// How many stored tensors outside the BatchNorms were compared, with those that only one has.
  public internal(set) var otherTensors = 0
  /// The largest difference of two elements in these tensors.
  public internal(set) var otherMaxAbsolute = 0.0
  /// Tensors and other values outside the BatchNorms that differ by more than the tolerance, or
  /// that only one has.
  public internal(set) var differentTensors: [ConversionReport.Item] = []
  /// Differences that are neither in a layer's numbers nor in other tensors: scalar types of a
  /// BatchNorm, shapes of outputs, epsilon and momentum, the program.
  public internal(set) var otherDifferences: [ConversionReport.Item] = []
  /// Tensors of BatchNorms that only one has, with the values that a missing tensor stands for.
  public internal(set) var impliedTensors: [String] = []
  /// What the user should know about the comparison, in one sentence each.
  public package(set) var notes: [Guidance] = []
  /// BatchNorms whose epsilon or momentum only one of the two has, which is then used for both.
  public internal(set) var oneSidedSettings: [String] = []
  /// Faults in the first checkpoint's numbers, even if both have the same.
  public internal(set) var healthOfFirst = BatchNormHealth()
  /// Faults in the second checkpoint's numbers.
  public internal(set) var healthOfSecond = BatchNormHealth()
  /// Whether all stored values have equal bits, in BatchNorms and other tensors.
  public internal(set) var stateIsBitIdentical = true

  /// Whether outputs and state are equal within the tolerance.
  public var isEqual: Bool {
    differentTensors.isEmpty && otherDifferences.isEmpty
      && layers.allSatisfy { $0.divergence == nil }
  }

  /// Whether all compared outputs and state are bit-identical.
  public var isBitIdentical: Bool {
    isEqual && stateIsBitIdentical && layers.allSatisfy(\.outputs.isBitIdentical)
  }

  /// Whether the outputs are equal within the tolerance, regardless of the stored values.
  public var outputsAreEqual: Bool { layers.allSatisfy(\.outputs.isWithinTolerance) }

  /// Whether nothing was compared, so that the two can't be called equal.
  public var isEmpty: Bool { layers.isEmpty && otherTensors == 0 && differentTensors.isEmpty }

  /// The largest difference of two numbers in the outputs.
  public var maxAbsolute: Double { layers.map(\.outputs.maxAbsolute).max() ?? 0 }
  /// The largest difference of two outputs of a layer, as a fraction of the layer's largest number.
  public var maxRelative: Double { layers.map(\.outputs.maxRelative).max() ?? 0 }
  /// The largest distance of two outputs, in units of the last place.
  public var maxULP: Int { layers.map(\.outputs.maxULP).max() ?? 0 }
  /// The largest relative error of a layer's outputs: ‖a − b‖ / ‖b‖.
  public var relativeError: Double { layers.map(\.outputs.relativeError).worst(0, >) }
  /// The smallest cosine similarity of a layer's outputs; NaN if it is undefined for one.
  public var cosineSimilarity: Double { layers.map(\.outputs.cosineSimilarity).worst(1, <) }
  /// The smallest signal-to-noise ratio of a layer's outputs, in decibels; infinite if they are equal.
  public var signalToNoise: Double { layers.map(\.outputs.signalToNoise).worst(.infinity, <) }
  /// The largest difference of two stored numbers.
  public var stateMaxAbsolute: Double {
    layers.map(\.state.maxAbsolute).reduce(otherMaxAbsolute, max)
  }
  /// The first layer that differs; nil if none does.
  public var firstDivergence: Layer? { layers.first { $0.divergence != nil } }

  init(model: String? = nil, mode: ExecutionMode?, samples: Int) {
    self.model = model
    self.mode = mode
    self.samples = samples
  }

  /// Adds the comparison of another state dict of the same files.
  mutating func add(_ other: VerificationResult, named entry: String) {
    for var layer in other.layers {
      layer.name = "\(entry)/\(layer.name)"
      layers.append(layer)
    }
    otherTensors += other.otherTensors
    otherMaxAbsolute = max(otherMaxAbsolute, other.otherMaxAbsolute)
    differentTensors += other.differentTensors.map { .init("\(entry)/\($0.name)", $0.reason) }
    otherDifferences += other.otherDifferences.map { .init("\(entry)/\($0.name)", $0.reason) }
    oneSidedSettings += other.oneSidedSettings.map { "\(entry)/\($0)" }
    impliedTensors += other.impliedTensors.map { "\(entry)/\($0)" }
    stateIsBitIdentical = stateIsBitIdentical && other.stateIsBitIdentical
  }
}

extension [Double] {
  /// The worst of the numbers; NaN if there is one.
  ///
  /// - Parameters:
  ///   - best: the result if there is no number.
  ///   - isWorse: whether its first argument is worse than its second.
  fileprivate func worst(_ best: Double, _ isWorse: (Double, Double) -> Bool) -> Double {
    reduce(best) { $1.isNaN || isWorse($1, $0) ? $1 : $0 }
  }
}
