extension BatchNormLayout {
  /// PaddlePaddle's `paddle.nn.BatchNorm2D` and its like: standard BatchNorms by other names, which
  /// don't count batches.
  ///
  /// Source: `python/paddle/nn/layer/norm.py`, `_BatchNormBase`.
  public static let paddle = Self(
    description: "paddle",
    tensors: [
      .weight: .init(shared: "weight"), .bias: .init(shared: "bias"),
      .runningMean: .init(shared: "_mean"), .runningVar: .init(shared: "_variance"),
    ])
}
