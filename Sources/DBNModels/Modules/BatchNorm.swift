/// Makes standard BatchNorms for a number of spatial dimensions: `torch.nn.BatchNorm1d` and its
/// relatives.
///
/// `BatchNorm1d` takes [N, C] and [N, C, L], `BatchNorm2d` [N, C, H, W], `BatchNorm3d` [N, C, D, H,
/// W]; other inputs are an error when the module runs.
public struct BatchNorm<let dimensions: Int>: NormLayer {
  /// Added to variances before the square root is taken.
  public var eps: Double
  /// The fraction by which running statistics move towards a batch's; nil for a cumulative average.
  public var momentum: Double?
  /// Whether modules have `weight` and `bias`.
  public var affine: Bool
  /// Whether modules have running statistics; otherwise both modes use batch statistics.
  public var trackRunningStats: Bool

  /// Makes a factory for such BatchNorms; the defaults are PyTorch's.
  public init(
    eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true,
    trackRunningStats: Bool = true
  ) {
    self.eps = eps
    self.momentum = momentum
    self.affine = affine
    self.trackRunningStats = trackRunningStats
  }

  /// A BatchNorm with C features.
  public func callAsFunction(numFeatures: Int) -> NormModule {
    var module = NormModule(numFeatures: numFeatures)
    module.eps = eps
    module.momentum = momentum
    module.affine = affine
    module.tracksRunningStatistics = trackRunningStats
    module.dimensions = dimensions
    return module
  }
}

/// `torch.nn.BatchNorm1d`.
public typealias BatchNorm1d = BatchNorm<1>
/// `torch.nn.BatchNorm2d`.
public typealias BatchNorm2d = BatchNorm<2>
/// `torch.nn.BatchNorm3d`.
public typealias BatchNorm3d = BatchNorm<3>
