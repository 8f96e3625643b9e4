public import BatchNorm
public import Tensors

/// What makes the BatchNorms of an architecture: a value that is called with the number of features,
/// as a `norm_layer` in torchvision.
public protocol NormLayer: Sendable {
  func callAsFunction(numFeatures: Int) -> NormModule
}

/// One BatchNorm of an architecture.
public struct NormModule: Sendable, Hashable {
  /// C.
  public var numFeatures: Int
  public var eps: Double
  /// nil: the cumulative average.
  public var momentum: Double?
  /// Whether it has `weight` and `bias`.
  public var affine: Bool
  /// Whether it has running statistics; without, batches normalise themselves in both modes.
  public var tracksRunningStatistics: Bool
  public var layout: BatchNormLayout
  /// V.
  public var worldSize: Int

  /// Its tensors by the last part of their keys, in PyTorch's order.
  var tensors: [(name: String, shape: [Int])] {
    var tensors: [(name: String, shape: [Int])] = []
    if affine { tensors += [("weight", [numFeatures]), ("bias", [numFeatures])] }
    if tracksRunningStatistics {
      let shape = layout.statisticShape(features: numFeatures, worldSize: worldSize)
      tensors += [("running_mean", shape), ("running_var", shape)]
      tensors.append(("num_batches_tracked", layout.counterShape(worldSize: worldSize)))
    }
    return tensors
  }
}

/// `torch.nn.BatchNorm2d`.
public struct BatchNorm2d: NormLayer {
  public var eps: Double
  public var momentum: Double?
  public var affine: Bool
  public var trackRunningStats: Bool

  public init(
    eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true,
    trackRunningStats: Bool = true
  ) {
    self.eps = eps
    self.momentum = momentum
    self.affine = affine
    self.trackRunningStats = trackRunningStats
  }

  public func callAsFunction(numFeatures: Int) -> NormModule {
    NormModule(
      numFeatures: numFeatures, eps: eps, momentum: momentum, affine: affine,
      tracksRunningStatistics: trackRunningStats, layout: .standard, worldSize: 1)
  }
}

/// BatchNorm of V virtual devices that share weight and bias, each with running statistics of its
/// own.
public struct DistributedBatchNorm2d: NormLayer {
  /// V.
  public let virtualWorldSize: Int
  public var standard: BatchNorm2d

  /// - Throws: `invalidWorldSize` unless V is positive.
  public init(
    virtualWorldSize: Int, _ standard: BatchNorm2d = BatchNorm2d()
  ) throws(CheckpointError) {
    guard (1...StateDict.worldSizeLimit).contains(virtualWorldSize) else {
      throw CheckpointError(
        .invalidWorldSize, "\(virtualWorldSize) is not a number of virtual devices",
        advice: "give a world size from 1 to \(StateDict.worldSizeLimit)")
    }
    self.virtualWorldSize = virtualWorldSize
    self.standard = standard
  }

  public func callAsFunction(numFeatures: Int) -> NormModule {
    var module = standard(numFeatures: numFeatures)
    module.layout = .replicated
    module.worldSize = virtualWorldSize
    return module
  }
}
