// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Names of torchvision.

/// The densely connected networks of torchvision.
///
/// Source: `torchvision/models/densenet.py` (Huang et al. 2016).
public enum DenseNet {
  struct Configuration {
    let name: String
    /// The number of channels that each layer adds.
    let growth: Int
    let blocks: [Int]
    /// The number of channels of the first convolution.
    let stem: Int
  }

  /// All members of the family.
  public static let all: [Architecture] = [
    densenet121, densenet161, densenet169, densenet201,
  ]

  /// 121 layers: blocks of 6, 12, 24 and 16.
  public static let densenet121 = architecture(
    Configuration(name: "densenet121", growth: 32, blocks: [6, 12, 24, 16], stem: 64))
  /// 161 layers: blocks of 6, 12, 36 and 24, and more channels than the others.
  public static let densenet161 = architecture(
    Configuration(name: "densenet161", growth: 48, blocks: [6, 12, 36, 24], stem: 96))
  /// 169 layers: blocks of 6, 12, 32 and 32.
  public static let densenet169 = architecture(
    Configuration(name: "densenet169", growth: 32, blocks: [6, 12, 32, 32], stem: 64))
  /// 201 layers: blocks of 6, 12, 48 and 32.
  public static let densenet201 = architecture(
    Configuration(name: "densenet201", growth: 32, blocks: [6, 12, 48, 32], stem: 64))

  private static func architecture(_ configuration: Configuration) -> Architecture {
    Architecture(name: configuration.name) { graph(configuration, classes: $0, normLayer: $1) }
  }

  static func graph(
    _ configuration: Configuration, classes: Int, normLayer: any NormLayer
  ) -> Graph {
    var builder = GraphBuilder(normLayer: normLayer)
    var value = builder.convolution(
      "features.conv0", GraphBuilder.image, to: configuration.stem, kernel: 7, stride: 2,
      padding: 3)
    value = builder.batchNorm("features.norm0", value)
    value = builder.activation("features.relu0", value, .relu)
    value = builder.maxPool("features.pool0", value, kernel: 3, stride: 2, padding: 1)
    for (index, layers) in configuration.blocks.enumerated() {
      value = denseBlock(
        "features.denseblock\(index + 1)", value, layers, configuration.growth, &builder)
      if index + 1 < configuration.blocks.count {
        value = transition("features.transition\(index + 1)", value, &builder)
      }
    }
    value = builder.batchNorm("features.norm5", value)
    value = builder.activation("relu", value, .relu)
    value = builder.classifier("classifier", value, to: classes)
    return builder.graph(named: configuration.name, output: value)
  }

  private static func denseBlock(
    _ name: String, _ input: GraphBuilder.Value, _ layers: Int, _ growth: Int,
    _ builder: inout GraphBuilder
  ) -> GraphBuilder.Value {
    var features = [input]
    for index in 1...layers {
      let layer = "\(name).denselayer\(index)"
      var value = builder.concatenation("\(layer).cat", features)
      value = builder.batchNorm("\(layer).norm1", value)
      value = builder.activation("\(layer).relu1", value, .relu)
      value = builder.convolution("\(layer).conv1", value, to: 4 * growth, kernel: 1)
      value = builder.batchNorm("\(layer).norm2", value)
      value = builder.activation("\(layer).relu2", value, .relu)
      features.append(
        builder.convolution("\(layer).conv2", value, to: growth, kernel: 3, padding: 1))
    }
    return builder.concatenation("\(name).cat", features)
  }

  private static func transition(
    _ name: String, _ input: GraphBuilder.Value, _ builder: inout GraphBuilder
  ) -> GraphBuilder.Value {
    var value = builder.batchNorm("\(name).norm", input)
    value = builder.activation("\(name).relu", value, .relu)
    value = builder.convolution("\(name).conv", value, to: input.channels / 2, kernel: 1)
    return builder.averagePool("\(name).pool", value, kernel: 2, stride: 2)
  }
}
