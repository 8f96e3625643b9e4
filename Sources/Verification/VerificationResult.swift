public import Execution
public import Tensors

/// Whether two checkpoints give the same outputs, and where they do not.
public struct VerificationResult: Sendable {
  /// The comparison of one layer.
  public struct Layer: Sendable {
    public let name: String
    /// The BatchNorm in the state dict, where the layer is one.
    var module: String?
    public var comparison: NumberComparison
    /// What of the layer first differs, if anything does.
    public var divergence: Divergence?

    init(name: String, comparison: NumberComparison, module: String? = nil) {
      self.name = name
      self.comparison = comparison
      self.module = module
    }

    /// Adds what a comparison of one of the layer's quantities gave.
    ///
    /// - Parameter place: the coordinates of a value in the quantity.
    mutating func add(
      _ comparison: NumberComparison, _ quantity: String, device: Int?,
      place: (Int) -> [Int]
    ) {
      self.comparison.formUnion(comparison)
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
    /// The place in the quantity: sample, feature and position of an output, feature of a buffer.
    public let index: [Int]
    public let a: Double
    public let b: Double
  }

  /// The model that was run; nil: every BatchNorm by itself.
  public let model: String?
  public let mode: ExecutionMode
  /// The size of the mini-batch.
  public let samples: Int
  public var layers: [Layer] = []
  /// Tensors outside the layers: how many were compared, byte for byte.
  public var otherTensors = 0
  /// Those that differ, in the order of A, then those that only one has.
  public var differentTensors: [ConversionReport.Item] = []

  /// Whether everything is equal within the tolerance.
  public var isEqual: Bool {
    differentTensors.isEmpty && layers.allSatisfy { $0.divergence == nil }
  }

  public var isBitIdentical: Bool {
    differentTensors.isEmpty && layers.allSatisfy(\.comparison.isBitIdentical)
  }

  public var maxAbsolute: Double { layers.map(\.comparison.maxAbsolute).max() ?? 0 }
  public var maxULP: Int { layers.map(\.comparison.maxULP).max() ?? 0 }
  public var firstDivergence: Layer? { layers.first { $0.divergence != nil } }

  init(model: String? = nil, mode: ExecutionMode, samples: Int) {
    self.model = model
    self.mode = mode
    self.samples = samples
  }
}
