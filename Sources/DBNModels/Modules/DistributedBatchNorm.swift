public import DBNBatchNorm
public import DBNTensors

/// Makes BatchNorms of V virtual devices, which share weight and bias, while each normalises its own
/// slice of the mini-batch: what data-parallel training on V devices does, on one.
///
/// The value is made once and then takes the place of `BatchNorm2d` and its like:
///
///     let batchNorm = try DistributedBatchNorm2d(virtualWorldSize: 8)
///     let module = batchNorm(numFeatures: 64)
///     let model = ResNet.resnet50(normLayer: batchNorm)
public struct DistributedBatchNorm<let dimensions: Int>: NormLayer {
  /// V.
  public let virtualWorldSize: Int
  /// How many forwards of a training step accumulate their gradients. In the first-device layout
  /// only the first of them moves the buffers; the replicated one does not look at it.
  public let accumulationSteps: Int
  /// How the devices keep their running statistics, and which samples they have.
  public let layout: BatchNormLayout
  /// What the modules have in common with a standard BatchNorm.
  public let standard: BatchNorm<dimensions>

  /// - Parameters:
  ///   - virtualWorldSize: V.
  ///   - layout: `.replicated`, `.firstDevice`, or one of them `.interleaved`.
  /// - Throws: `invalidWorldSize` unless V is positive, and at most
  ///   `StateDict.worldSizeLimit`; `invalidModule` for accumulation steps that are not positive,
  ///   or a layout that keeps nothing for V devices.
  public init(
    virtualWorldSize: Int, accumulationSteps: Int = 1, eps: Double = 1e-5,
    momentum: Double? = 0.1, affine: Bool = true, trackRunningStats: Bool = true,
    layout: BatchNormLayout = .replicated
  ) throws(CheckpointError) {
    self.virtualWorldSize = virtualWorldSize
    self.accumulationSteps = accumulationSteps
    self.layout = layout
    standard = BatchNorm(
      eps: eps, momentum: momentum, affine: affine, trackRunningStats: trackRunningStats)
    try self(numFeatures: 1).validate()
  }

  /// A BatchNorm of V devices and C features.
  public func callAsFunction(numFeatures: Int) -> NormModule {
    var module = standard(numFeatures: numFeatures)
    module.layout = layout
    module.worldSize = virtualWorldSize
    module.accumulationSteps = accumulationSteps
    return module
  }
}

/// For inputs [N, C] and [N, C, L].
public typealias DistributedBatchNorm1d = DistributedBatchNorm<1>
/// For inputs [N, C, H, W].
public typealias DistributedBatchNorm2d = DistributedBatchNorm<2>
/// For inputs [N, C, D, H, W].
public typealias DistributedBatchNorm3d = DistributedBatchNorm<3>
