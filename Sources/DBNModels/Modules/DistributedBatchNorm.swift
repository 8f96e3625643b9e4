public import DBNBatchNorm
public import DBNTensors

/// Makes BatchNorms with V virtual devices, which share weight and bias, while each normalises its
/// own slice of the mini-batch: data-parallel training on V devices, simulated on one.
///
/// The value is made once and then replaces `BatchNorm2d` and its relatives:
///
///     let batchNorm = try DistributedBatchNorm2d(virtualWorldSize: 8)
///     let module = batchNorm(numFeatures: 64)
///     let model = ResNet.resnet50(normLayer: batchNorm)
public struct DistributedBatchNorm<let dimensions: Int>: NormLayer {
  /// V.
  public let virtualWorldSize: Int
  /// How many forward passes of a training step accumulate their gradients. In the first-device
  /// layout only the first of them updates the buffers; the replicated layout ignores it.
  public let accumulationSteps: Int
  /// How the devices keep their running statistics, and which samples they get.
  public let layout: BatchNormLayout
  /// The settings that the modules share with a standard BatchNorm.
  public let standard: BatchNorm<dimensions>

  /// - Parameters:
  ///   - virtualWorldSize: V.
  ///   - layout: `.replicated`, `.firstDevice`, or the `.interleaved` variant of either.
  /// - Throws: `invalidWorldSize` unless V is positive and at most `StateDict.worldSizeLimit`;
  ///   `invalidModule` for accumulation steps that are not positive, or a layout that does not
  ///   support V devices.
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

  /// A BatchNorm with V devices and C features.
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
