public import DBNBatchNorm
public import DBNModels

/// A BatchNorm ready to run: its parameters and running statistics as numbers.
///
/// The semantics are those of `torch.nn.BatchNorm1d`, `2d`, `3d`, or of V of them that share
/// `weight` and `bias`. It is a value: a copy has its own running statistics.
public struct BatchNormModule: Sendable {
  /// Settings that may be missing from the file.
  public struct Options: Sendable {
    /// Added to variances before the square root is taken.
    public var eps = 1e-5
    /// The fraction by which running statistics move towards a batch's; nil for a cumulative
    /// average.
    public var momentum: Double? = 0.1

    /// Makes the options; the defaults are PyTorch's.
    public init(eps: Double = 1e-5, momentum: Double? = 0.1) {
      self.eps = eps
      self.momentum = momentum
    }
  }

  /// The running statistics of one device.
  public struct Row: Sendable, Equatable {
    /// C values.
    public var mean: [Double]
    /// C values.
    public var variance: [Double]
    /// How many batches it has seen. It is a Float64 because a checkpoint whose tensors were all
    /// cast stores it as a float, which may be infinite (float16 ends at 65,504).
    public var batchesTracked: Double

    /// Makes the statistics of one device; both have C values.
    public init(mean: [Double], variance: [Double], batchesTracked: Double = 0) {
      self.mean = mean
      self.variance = variance
      self.batchesTracked = batchesTracked
    }
  }

  /// The attributes that don't follow from its tensors.
  public let norm: NormModule
  /// C values; nil without affine parameters.
  public internal(set) var weight: [Double]?
  /// C values; nil without a bias.
  public internal(set) var bias: [Double]?
  /// The running statistics: V rows, or one row that all devices share, or none.
  public internal(set) var rows: [Row]
  /// The index of the next forward pass in its training step: 0 ..< `norm.accumulationSteps`.
  public internal(set) var accumulationStep = 0

  /// How it keeps its state, and which samples each device gets.
  public var layout: BatchNormLayout { norm.layout }
  /// V.
  public var worldSize: Int { norm.worldSize }
  /// C.
  public var features: Int { norm.numFeatures }
  /// Its epsilon and momentum.
  public var options: Options { Options(eps: norm.eps, momentum: norm.momentum) }

  init(_ norm: NormModule, weight: [Double]?, bias: [Double]?, rows: [Row]) {
    self.norm = norm
    self.weight = weight
    self.bias = bias
    self.rows = rows
  }

  /// Makes a standard BatchNorm that starts from one device's statistics.
  public init(standard row: Row, of module: BatchNormModule) {
    var norm = module.norm
    norm.layout = .standard
    norm.worldSize = 1
    self.init(norm, weight: module.weight, bias: module.bias, rows: [row])
  }

  /// The same module with other running statistics.
  ///
  /// - Parameter rows: as many as the module has.
  package func with(rows: [Row]) -> BatchNormModule {
    precondition(rows.count == self.rows.count)
    var module = self
    module.rows = rows
    return module
  }

  /// The samples of each of the V devices.
  public func slices(of samples: Int) -> [BatchSlice] {
    layout.slices(of: samples, worldSize: worldSize)
  }

  /// The running statistics that normalise a device's slice in evaluation; the module must have
  /// some.
  func row(of device: Int) -> Row {
    switch layout.evaluation {
    case .shared: rows[0]
    case .row: rows[device]
    case .mean: averagedRow
    }
  }

  /// The mean of all rows' means, and the mean of their variances.
  private var averagedRow: Row {
    let merged = ReplicaStatistics(means: rows.map(\.mean), variances: rows.map(\.variance))
      .merged(by: .mean)
    return Row(
      mean: merged.mean, variance: merged.variance, batchesTracked: rows[0].batchesTracked)
  }
}
