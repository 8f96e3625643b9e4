// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Names of torchvision.

/// The fully convolutional networks of torchvision, which classify each pixel.
///
/// The only output is what PyTorch's dictionary calls `out`.
///
/// Source: `torchvision/models/segmentation/fcn.py` (Long et al. 2014).
public enum FCN {
  /// All members of the family.
  public static let all: [Architecture] = [fcn_resnet50, fcn_resnet101]

  /// On ResNet-50.
  public static let fcn_resnet50 = architecture("fcn_resnet50", blocks: [3, 4, 6, 3])
  /// On ResNet-101.
  public static let fcn_resnet101 = architecture("fcn_resnet101", blocks: [3, 4, 23, 3])

  private static func architecture(_ name: String, blocks: [Int]) -> Architecture {
    Architecture(name: name, auxiliaryHeads: ["aux_classifier"]) { classes, normLayer in
      var builder = GraphBuilder(normLayer: normLayer)
      var value = builder.dilatedResNet(blocks)
      value = builder.convolutionNormActivation(
        "classifier", value, to: value.channels / 4, kernel: 3, .relu)
      value = builder.convolution("classifier.4", value, to: classes, kernel: 1, hasBias: true)
      value = builder.upsampled("out", value, like: GraphBuilder.image)
      return builder.graph(named: name, output: value)
    }
  }
}

extension GraphBuilder {
  /// The backbone of models that classify each pixel: a ResNet of bottlenecks, whose last two stages
  /// are dilated.
  mutating func dilatedResNet(_ blocks: [Int]) -> Value {
    let configuration = ResNet.Configuration(
      name: "backbone", blocks: blocks, hasBottlenecks: true, isDilated: true)
    return residualStages(configuration, prefix: "backbone.")
  }
}
