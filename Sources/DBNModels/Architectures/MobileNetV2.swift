// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Names of torchvision.

/// MobileNetV2 of torchvision.
///
/// Source: `torchvision/models/mobilenetv2.py` (Sandler et al. 2018).
public enum MobileNetV2 {
  /// Expansion, channels, number of blocks, stride of the first.
  private static let stages = [
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
    (6, 320, 1, 1),
  ]

  /// With all channels, as in the paper.
  public static let mobilenet_v2 = Architecture(name: "mobilenet_v2") {
    graph(classes: $0, normLayer: $1)
  }

  static func graph(classes: Int, normLayer: any NormLayer) -> Graph {
    var builder = GraphBuilder(normLayer: normLayer)
    var value = builder.convolutionNormActivation(
      "features.0", GraphBuilder.image, to: 32, kernel: 3, stride: 2, relu6)
    var index = 1
    for (expansion, channels, count, stride) in stages {
      for block in 0..<count {
        value = invertedResidual(
          "features.\(index)", value, to: channels, stride: block == 0 ? stride : 1,
          expansion: expansion, &builder)
        index += 1
      }
    }
    value = builder.convolutionNormActivation(
      "features.\(index)", value, to: 1280, kernel: 1, relu6)
    value = builder.classifier("classifier.1", value, to: classes)
    return builder.graph(named: "mobilenet_v2", output: value)
  }

  private static let relu6 = Activation.hardTanh(minimum: 0, maximum: 6)

  private static func invertedResidual(
    _ name: String, _ input: GraphBuilder.Value, to channels: Int, stride: Int, expansion: Int,
    _ builder: inout GraphBuilder
  ) -> GraphBuilder.Value {
    let hidden = input.channels * expansion
    var value = input
    var index = 0
    if expansion != 1 {
      value = builder.convolutionNormActivation(
        "\(name).conv.0", value, to: hidden, kernel: 1, relu6)
      index = 1
    }
    value = builder.convolutionNormActivation(
      "\(name).conv.\(index)", value, to: hidden, kernel: 3, stride: stride, groups: hidden, relu6)
    value = builder.convolutionNormActivation(
      "\(name).conv", at: index + 1, value, to: channels, kernel: 1, nil)
    guard stride == 1 && input.channels == channels else { return value }
    return builder.sum("\(name).add", input, value)
  }
}
