import DBNTensors

extension BatchNormLayout {
  /// PaddlePaddle's `paddle.nn.BatchNorm2D` and its relatives: standard BatchNorms under other
  /// names, without a batch counter.
  ///
  /// Source: `python/paddle/nn/layer/norm.py`, `_BatchNormBase`.
  public static let paddle = Self(
    description: "paddle",
    tensors: [
      .weight: .init(shared: "weight"), .bias: .init(shared: "bias"),
      .runningMean: .init(shared: "_mean"), .runningVar: .init(shared: "_variance"),
    ])
}
