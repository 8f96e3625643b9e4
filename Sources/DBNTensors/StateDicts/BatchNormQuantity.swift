/// The quantities in a BatchNorm's state. The raw values are PyTorch's names of them, the last part
/// of their keys.
///
/// Source: `_NormBase` in `torch/nn/modules/batchnorm.py`; `BatchNormalization.build` of Keras.
public enum BatchNormQuantity: String, Sendable, Hashable, CaseIterable {
  /// C factors, `gamma`, by which the normalised values are multiplied.
  case weight
  /// C offsets, `beta`, added at the end.
  case bias
  /// C means, updated by training and used in evaluation.
  case runningMean = "running_mean"
  /// C unbiased variances, updated by training and used in evaluation.
  case runningVar = "running_var"
  /// The number of batches that training has seen, a scalar.
  case numBatchesTracked = "num_batches_tracked"

  /// Whether training updates it without a gradient.
  public var isBuffer: Bool { self != .weight && self != .bias }

  /// Whether it is a single number per device rather than one per feature.
  package var isCounter: Bool { self == .numBatchesTracked }

  /// Keras' name of the variable; nil for the counter, which Keras does not have.
  package var kerasName: String? {
    switch self {
    case .weight: "gamma"
    case .bias: "beta"
    case .runningMean: "moving_mean"
    case .runningVar: "moving_variance"
    case .numBatchesTracked: nil
    }
  }

  /// The names under which files hold it: PyTorch's, Keras', and that of Keras 2, in which
  /// TensorFlow appends the output number of an operation.
  var namesInFiles: [String] {
    [rawValue] + (kerasName.map { [$0, "\($0):0"] } ?? [])
  }
}
