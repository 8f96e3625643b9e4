public import DBNBatchNorm
public import DBNComparison
public import DBNExecution
public import DBNTensors

/// Whether two checkpoints give the same outputs, and where they do not.
public struct VerificationResult: Sendable {
  /// The comparison of one layer.
  public struct Layer: Sendable {
    /// The node's name, or the module's.
    public internal(set) var name: String
    /// The BatchNorm in the state dict, where the layer is one.
    var module: String?
    /// What the two make of the inputs: the outputs and, in training, the running statistics after
    /// the batch.
    public internal(set) var outputs: NumberComparison
    /// What the two store, where the layer is a BatchNorm: parameters, running statistics, counters.
    public internal(set) var state: NumberComparison
    /// What of the layer first differs by more than the tolerance, outputs before state.
    public internal(set) var divergence: Divergence?

    /// Nothing compared yet.
    init(name: String, module: String? = nil, ulpsOf scalarType: ScalarType) {
      self.name = name
      self.module = module
      outputs = NumberComparison([], [], ulpsOf: scalarType)
      state = outputs
    }

    /// Adds what a comparison of one of the layer's quantities gave.
    ///
    /// - Parameters:
    ///   - part: `outputs` or `state`.
    ///   - place: gives the coordinates of a value in the quantity.
    mutating func add(
      _ comparison: NumberComparison, to part: WritableKeyPath<Layer, NumberComparison>,
      _ quantity: String, device: Int?, place: (Int) -> [Int]
    ) {
      self[keyPath: part].formUnion(comparison)
      guard divergence == nil, let first = comparison.firstDifference else { return }
      divergence = Divergence(
        quantity: quantity, device: device, index: place(first.index), a: first.a, b: first.b)
    }
  }

  /// A value that differs by more than the tolerance.
  public struct Divergence: Sendable, Equatable {
    /// `output`, `weight`, `bias`, `running_mean`, `running_var` or `num_batches_tracked`.
    public let quantity: String
    /// The virtual device whose slice or buffer row it is, where there are several.
    public let device: Int?
    /// The coordinates in the quantity: sample, feature and position of an output, feature of a buffer.
    public let index: [Int]
    /// The number of the first checkpoint.
    public let a: Double
    /// The number of the second checkpoint.
    public let b: Double
  }

  /// The model that was run; nil: every BatchNorm by itself.
  public let model: String?
  /// Whether outputs are those of evaluation or of training.
  public let mode: ExecutionMode
  /// The size of the mini-batch.
  public let samples: Int
  /// What each layer gave, in the order in which they ran.
  public internal(set) var layers: [Layer] = []
  /// Which parts of two files were compared; empty where two state dicts were given.
  public internal(set) var scope = VerificationScope()
  /// Stored tensors outside the BatchNorms: how many were compared.
  public internal(set) var otherTensors = 0
  /// The largest difference of two of their elements.
  public internal(set) var otherMaxAbsolute = 0.0
  /// What differs by more than the tolerance and is no number of a layer: other tensors, types, names
  /// that only one has.
  public internal(set) var differentTensors: [ConversionReport.Item] = []
  /// Tensors of BatchNorms that only one has, whose values are what a missing one stands for.
  public internal(set) var impliedTensors: [String] = []
  /// What a person should know of the comparison, a sentence each.
  public internal(set) var notes: [String] = []
  /// BatchNorms whose epsilon or momentum only one of the two has: it is used for both.
  public internal(set) var oneSidedSettings: [String] = []
  /// What of the numbers of the first cannot be right, although both may have them.
  public internal(set) var healthOfFirst = BatchNormHealth()
  /// What is wrong with the second checkpoint's numbers.
  public internal(set) var healthOfSecond = BatchNormHealth()
  /// Whether all that is stored has equal bits, BatchNorms and other tensors.
  public internal(set) var stateIsBitIdentical = true

  /// Whether everything is equal within the tolerance, outputs and state.
  public var isEqual: Bool {
    differentTensors.isEmpty && layers.allSatisfy { $0.divergence == nil }
  }

  /// Whether everything that was compared is equal to the bit, outputs and state.
  public var isBitIdentical: Bool {
    isEqual && stateIsBitIdentical && layers.allSatisfy(\.outputs.isBitIdentical)
  }

  /// Whether the outputs are equal within the tolerance, whatever is stored.
  public var outputsAreEqual: Bool { layers.allSatisfy(\.outputs.isWithinTolerance) }

  /// Whether nothing was compared: then the two can't be called equal.
  public var isEmpty: Bool { layers.isEmpty && otherTensors == 0 && differentTensors.isEmpty }

  /// The largest difference of two numbers of the outputs.
  public var maxAbsolute: Double { layers.map(\.outputs.maxAbsolute).max() ?? 0 }
  /// The largest distance of two outputs, in units of the last place.
  public var maxULP: Int { layers.map(\.outputs.maxULP).max() ?? 0 }
  /// The largest difference of two numbers that are stored.
  public var stateMaxAbsolute: Double {
    layers.map(\.state.maxAbsolute).reduce(otherMaxAbsolute, max)
  }
  /// The first layer that differs; nil where none does.
  public var firstDivergence: Layer? { layers.first { $0.divergence != nil } }

  init(model: String? = nil, mode: ExecutionMode, samples: Int) {
    self.model = model
    self.mode = mode
    self.samples = samples
  }

  /// Adds the comparison of a further state dict of the same files.
  mutating func add(_ other: VerificationResult, named entry: String) {
    for var layer in other.layers {
      layer.name = "\(entry)/\(layer.name)"
      layers.append(layer)
    }
    otherTensors += other.otherTensors
    otherMaxAbsolute = max(otherMaxAbsolute, other.otherMaxAbsolute)
    differentTensors += other.differentTensors.map { .init("\(entry)/\($0.name)", $0.reason) }
    oneSidedSettings += other.oneSidedSettings.map { "\(entry)/\($0)" }
    impliedTensors += other.impliedTensors.map { "\(entry)/\($0)" }
    stateIsBitIdentical = stateIsBitIdentical && other.stateIsBitIdentical
  }
}
