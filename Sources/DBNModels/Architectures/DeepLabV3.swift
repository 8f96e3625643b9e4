// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Names of torchvision.

/// DeepLabV3 of torchvision, which classifies each pixel.
///
/// The only output is what PyTorch's dictionary calls `out`.
///
/// Source: `torchvision/models/segmentation/deeplabv3.py` (Chen et al. 2017).
public enum DeepLabV3 {
  /// All members of the family.
  public static let all: [Architecture] = [
    deeplabv3_resnet50, deeplabv3_resnet101, deeplabv3_mobilenet_v3_large,
  ]

  /// On ResNet-50.
  public static let deeplabv3_resnet50 = architecture("deeplabv3_resnet50") {
    $0.dilatedResNet([3, 4, 6, 3])
  }
  /// On ResNet-101.
  public static let deeplabv3_resnet101 = architecture("deeplabv3_resnet101") {
    $0.dilatedResNet([3, 4, 23, 3])
  }
  /// On MobileNetV3.
  public static let deeplabv3_mobilenet_v3_large = architecture(
    "deeplabv3_mobilenet_v3_large"
  ) {
    $0.dilatedMobileNet().high
  }

  private static func architecture(
    _ name: String,
    _ backbone: @escaping @Sendable (inout GraphBuilder) -> GraphBuilder.Value
  ) -> Architecture {
    Architecture(name: name, auxiliaryHeads: ["aux_classifier"]) { classes, normLayer in
      var builder = GraphBuilder(normLayer: normLayer)
      var value = builder.pyramid("classifier.0", backbone(&builder))
      value = builder.convolutionNormActivation(
        "classifier", at: 1, value, to: 256, kernel: 3, .relu)
      value = builder.convolution("classifier.4", value, to: classes, kernel: 1, hasBias: true)
      value = builder.upsampled("out", value, like: GraphBuilder.image)
      return builder.graph(named: name, output: value)
    }
  }
}

extension GraphBuilder {
  /// `ASPP`: convolutions with several dilations, and the mean of all positions, concatenated.
  fileprivate mutating func pyramid(_ name: String, _ input: Value) -> Value {
    var branches = [
      convolutionNormActivation("\(name).convs.0", input, to: 256, kernel: 1, .relu)
    ]
    for (index, dilation) in [12, 24, 36].enumerated() {
      branches.append(
        convolutionNormActivation(
          "\(name).convs.\(index + 1)", input, to: 256, kernel: 3, dilation: dilation, .relu))
    }
    let pooling = "\(name).convs.4"
    var pooled = adaptiveAveragePool("\(pooling).0", input, to: 1)
    pooled = convolutionNormActivation(pooling, at: 1, pooled, to: 256, kernel: 1, .relu)
    branches.append(upsampled("\(pooling).upsampled", pooled, like: input))
    let value = concatenation("\(name).cat", branches)
    return convolutionNormActivation("\(name).project", value, to: 256, kernel: 1, .relu)
  }
}
