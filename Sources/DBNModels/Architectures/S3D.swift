/// The network with separable convolutions of torchvision for videos, [N, 3, T, H, W].
///
/// In torchvision these BatchNorms have an epsilon and a momentum of 0.001; so they do in this graph.
///
/// Source: `torchvision/models/video/s3d.py` (Xie et al. 2017).
public enum S3D {
  /// For videos of at least 14 frames of 224x224.
  public static let s3d = Architecture(name: "s3d") { classes, normLayer in
    var builder = GraphBuilder(
      normLayer: normLayer, dimensions: 3, eps: 0.001, momentum: 0.001)
    var value = builder.separated("features.0", GraphBuilder.image, to: 64, kernel: 7, stride: 2)
    value = builder.spacePool("features.1", value)
    value = builder.convolutionNormActivation("features.2", value, to: 64, kernel: 1, .relu)
    value = builder.separated("features.3", value, to: 192, kernel: 3)
    value = builder.spacePool("features.4", value)
    value = builder.inception("features.5", value, 64, (96, 128), (16, 32), 32)
    value = builder.inception("features.6", value, 128, (128, 192), (32, 96), 64)
    value = builder.maxPool("features.7", value, kernel: 3, stride: 2, padding: 1)
    value = builder.inception("features.8", value, 192, (96, 208), (16, 48), 64)
    value = builder.inception("features.9", value, 160, (112, 224), (24, 64), 64)
    value = builder.inception("features.10", value, 128, (128, 256), (24, 64), 64)
    value = builder.inception("features.11", value, 112, (144, 288), (32, 64), 64)
    value = builder.inception("features.12", value, 256, (160, 320), (32, 128), 128)
    value = builder.maxPool("features.13", value, kernel: 2, stride: 2)
    value = builder.inception("features.14", value, 256, (160, 320), (32, 128), 128)
    value = builder.inception("features.15", value, 384, (192, 384), (48, 128), 128)
    value = builder.averagePool("avgpool", value, kernel: [2, 7, 7], stride: 1)
    value = builder.convolution("classifier.1", value, to: classes, kernel: 1, hasBias: true)
    value = builder.add(
      "mean", .mean(dimensions: [2, 3, 4], keepsDimensions: false), [.value(value.name)],
      channels: classes)
    return builder.graph(named: "s3d", output: value)
  }
}

extension GraphBuilder {
  /// `TemporalSeparableConv`: over space, then over time.
  fileprivate mutating func separated(
    _ name: String, _ input: Value, to channels: Int, kernel: Int, stride: Int = 1
  ) -> Value {
    let value = convolutionNormActivation(
      "\(name).0", input, to: channels, kernel: [1, kernel, kernel],
      stride: [1, stride, stride], .relu)
    return convolutionNormActivation(
      "\(name).1", value, to: channels, kernel: [kernel, 1, 1], stride: [stride, 1, 1], .relu)
  }

  fileprivate mutating func spacePool(_ name: String, _ input: Value) -> Value {
    maxPool(name, input, kernel: [1, 3, 3], stride: [1, 2, 2], padding: [0, 1, 1])
  }

  /// `SepInceptionBlock3D`: four branches with these numbers of channels, concatenated.
  fileprivate mutating func inception(
    _ name: String, _ input: Value, _ first: Int, _ second: (Int, Int), _ third: (Int, Int),
    _ fourth: Int
  ) -> Value {
    var branches = [
      convolutionNormActivation("\(name).branch0", input, to: first, kernel: 1, .relu)
    ]
    for (branch, channels) in [("\(name).branch1", second), ("\(name).branch2", third)] {
      let value = convolutionNormActivation(
        "\(branch).0", input, to: channels.0, kernel: 1, .relu)
      branches.append(separated("\(branch).1", value, to: channels.1, kernel: 3))
    }
    let pooled = maxPool("\(name).branch3.0", input, kernel: 3, stride: 1, padding: 1)
    branches.append(
      convolutionNormActivation("\(name).branch3.1", pooled, to: fourth, kernel: 1, .relu))
    return concatenation("\(name).cat", branches)
  }
}
