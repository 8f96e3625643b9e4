public import DBNBatchNorm
package import DBNTensors

/// One BatchNorm of a model without its tensors: everything that does not follow from them.
public struct NormModule: Sendable, Hashable {
  /// C.
  public var numFeatures: Int
  /// Added to variances before the square root is taken.
  public var eps = 1e-5
  /// The fraction by which running statistics move towards a batch's; nil for a cumulative average.
  public var momentum: Double? = 0.1
  /// Whether it has a `weight`.
  public var affine = true
  /// Whether it has a `bias` in addition to a weight.
  public var hasBias = true
  /// Whether it has running statistics; otherwise both modes use batch statistics.
  public var tracksRunningStatistics = true
  /// How it keeps its state, and which samples each device gets.
  public var layout = BatchNormLayout.standard
  /// V.
  public var worldSize = 1
  /// In the first-device layout, only one in so many forward passes in training updates the
  /// buffers.
  public var accumulationSteps = 1
  /// How many dimensions an input has after N and C: two for `BatchNorm2d`; nil for any number. One
  /// also permits zero.
  public var dimensions: Int?

  /// Makes a standard BatchNorm with PyTorch's defaults, for any number of dimensions.
  public init(numFeatures: Int) {
    self.numFeatures = numFeatures
  }

  /// Its tensors with the last component of their keys, in PyTorch's order.
  package var tensors: [(quantity: BatchNormQuantity, key: String, shape: [Int])] {
    BatchNormQuantity.allCases.filter(has).map { quantity in
      (
        quantity, layout.key(of: quantity),
        layout.shape(of: quantity, features: numFeatures, worldSize: worldSize)
      )
    }
  }

  private func has(_ quantity: BatchNormQuantity) -> Bool {
    switch quantity {
    case .weight: affine
    case .bias: affine && hasBias
    case .runningMean, .runningVar, .numBatchesTracked: tracksRunningStatistics
    }
  }
}
