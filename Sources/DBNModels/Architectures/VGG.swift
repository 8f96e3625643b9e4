// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Names of torchvision.

/// The networks of the Visual Geometry Group with BatchNorm, as in torchvision.
///
/// Source: `torchvision/models/vgg.py` (Simonyan and Zisserman 2014).
public enum VGG {
  /// The layers in order: the channels of a convolution; nil for a pooling.
  struct Configuration {
    let name: String
    let layers: [Int?]
  }

  /// All members of the family that have BatchNorms.
  public static let all: [Architecture] = [
    vgg11_bn, vgg13_bn, vgg16_bn, vgg19_bn,
  ]

  /// 8 convolutions and 3 linear layers.
  public static let vgg11_bn = architecture(
    Configuration(name: "vgg11_bn", layers: layers([1, 1, 2, 2, 2])))
  /// 10 convolutions and 3 linear layers.
  public static let vgg13_bn = architecture(
    Configuration(name: "vgg13_bn", layers: layers([2, 2, 2, 2, 2])))
  /// 13 convolutions and 3 linear layers.
  public static let vgg16_bn = architecture(
    Configuration(name: "vgg16_bn", layers: layers([2, 2, 3, 3, 3])))
  /// 16 convolutions and 3 linear layers.
  public static let vgg19_bn = architecture(
    Configuration(name: "vgg19_bn", layers: layers([2, 2, 4, 4, 4])))

  private static func architecture(_ configuration: Configuration) -> Architecture {
    Architecture(name: configuration.name) { graph(configuration, classes: $0, normLayer: $1) }
  }

  private static func layers(_ convolutions: [Int]) -> [Int?] {
    zip([64, 128, 256, 512, 512], convolutions).flatMap { channels, count in
      Array(repeating: channels, count: count) + [nil]
    }
  }

  static func graph(
    _ configuration: Configuration, classes: Int, normLayer: any NormLayer
  ) -> Graph {
    var builder = GraphBuilder(normLayer: normLayer)
    var value = GraphBuilder.image
    var index = 0
    for channels in configuration.layers {
      if let channels {
        value = builder.convolutionNormActivation(
          "features", at: index, value, to: channels, kernel: 3, hasBias: true, .relu)
        index += 3
      } else {
        value = builder.maxPool("features.\(index)", value, kernel: 2, stride: 2)
        index += 1
      }
    }
    value = builder.adaptiveAveragePool("avgpool", value, to: 7)
    value = builder.flatten("flatten", value, positions: 49)
    value = builder.linear("classifier.0", value, to: 4096)
    value = builder.activation("classifier.1", value, .relu)
    value = builder.linear("classifier.3", value, to: 4096)
    value = builder.activation("classifier.4", value, .relu)
    value = builder.linear("classifier.6", value, to: classes)
    return builder.graph(named: configuration.name, output: value)
  }
}
