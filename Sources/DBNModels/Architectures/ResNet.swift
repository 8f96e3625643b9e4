// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Names of torchvision.

/// The residual networks of torchvision: ResNet, ResNeXt, Wide ResNet.
///
/// Source: `torchvision/models/resnet.py` (He et al. 2015; Xie et al. 2016; Zagoruyko and
/// Komodakis 2016).
public enum ResNet {
  /// The parameters of a member of the family.
  struct Configuration {
    let name: String
    let blocks: [Int]
    /// Whether blocks have three convolutions instead of two.
    let hasBottlenecks: Bool
    var groups = 1
    var widthPerGroup = 64
    /// Whether the last two stages are dilated instead of making the image smaller.
    var isDilated = false
  }

  /// All members of the family.
  public static let all: [Architecture] = [
    resnet18, resnet34, resnet50, resnet101, resnet152, resnext50_32x4d, resnext101_32x8d,
    resnext101_64x4d, wide_resnet50_2, wide_resnet101_2,
  ]

  /// 18 layers, in blocks of two convolutions.
  public static let resnet18 = architecture(
    Configuration(name: "resnet18", blocks: [2, 2, 2, 2], hasBottlenecks: false))
  /// 34 layers, in blocks of two convolutions.
  public static let resnet34 = architecture(
    Configuration(name: "resnet34", blocks: [3, 4, 6, 3], hasBottlenecks: false))
  /// 50 layers, in blocks of three convolutions.
  public static let resnet50 = architecture(
    Configuration(name: "resnet50", blocks: [3, 4, 6, 3], hasBottlenecks: true))
  /// 101 layers, in blocks of three convolutions.
  public static let resnet101 = architecture(
    Configuration(name: "resnet101", blocks: [3, 4, 23, 3], hasBottlenecks: true))
  /// 152 layers, in blocks of three convolutions.
  public static let resnet152 = architecture(
    Configuration(name: "resnet152", blocks: [3, 8, 36, 3], hasBottlenecks: true))
  /// 50 layers; 32 groups, 4 channels wide.
  public static let resnext50_32x4d = architecture(
    Configuration(
      name: "resnext50_32x4d", blocks: [3, 4, 6, 3], hasBottlenecks: true, groups: 32,
      widthPerGroup: 4))
  /// 101 layers; 32 groups, 8 channels wide.
  public static let resnext101_32x8d = architecture(
    Configuration(
      name: "resnext101_32x8d", blocks: [3, 4, 23, 3], hasBottlenecks: true, groups: 32,
      widthPerGroup: 8))
  /// 101 layers; 64 groups, 4 channels wide.
  public static let resnext101_64x4d = architecture(
    Configuration(
      name: "resnext101_64x4d", blocks: [3, 4, 23, 3], hasBottlenecks: true, groups: 64,
      widthPerGroup: 4))
  /// 50 layers, twice as wide inside the blocks.
  public static let wide_resnet50_2 = architecture(
    Configuration(
      name: "wide_resnet50_2", blocks: [3, 4, 6, 3], hasBottlenecks: true, widthPerGroup: 128))
  /// 101 layers, twice as wide inside the blocks.
  public static let wide_resnet101_2 = architecture(
    Configuration(
      name: "wide_resnet101_2", blocks: [3, 4, 23, 3], hasBottlenecks: true, widthPerGroup: 128))

  private static func architecture(_ configuration: Configuration) -> Architecture {
    Architecture(name: configuration.name) { graph(configuration, classes: $0, normLayer: $1) }
  }

  static func graph(
    _ configuration: Configuration, classes: Int, normLayer: any NormLayer
  ) -> Graph {
    var builder = GraphBuilder(normLayer: normLayer)
    let features = builder.residualStages(configuration)
    let value = builder.classifier("fc", features, to: classes)
    return builder.graph(named: configuration.name, output: value)
  }
}

extension GraphBuilder {
  /// Everything of a ResNet but its classifier.
  ///
  /// - Parameter prefix: what the names of its modules begin with.
  mutating func residualStages(
    _ configuration: ResNet.Configuration, prefix: String = ""
  ) -> Value {
    var value = convolution(
      "\(prefix)conv1", Self.image, to: 64, kernel: 7, stride: 2, padding: 3)
    value = batchNorm("\(prefix)bn1", value)
    value = activation("\(prefix)relu", value, .relu)
    value = maxPool("\(prefix)maxpool", value, kernel: 3, stride: 2, padding: 1)
    for (stage, count) in configuration.blocks.enumerated() {
      let isDilated = configuration.isDilated && stage >= 2
      for index in 0..<count {
        // The first block of a stage still has the dilation of the one before.
        let block = Block(
          name: "\(prefix)layer\(stage + 1).\(index)", planes: 64 << stage,
          stride: stage > 0 && index == 0 && !isDilated ? 2 : 1,
          dilation: isDilated ? (index == 0 ? 1 << (stage - 2) : 2 << (stage - 2)) : 1,
          configuration: configuration)
        value = block.add(value, to: &self)
      }
    }
    return value
  }
}

/// A residual block: two 3x3 convolutions, or 1x1, 3x3, 1x1, and a shortcut around them.
private struct Block {
  let name: String
  let planes: Int
  let stride: Int
  let dilation: Int
  let configuration: ResNet.Configuration

  private var outputChannels: Int { configuration.hasBottlenecks ? 4 * planes : planes }

  func add(_ input: GraphBuilder.Value, to builder: inout GraphBuilder) -> GraphBuilder.Value {
    let value =
      configuration.hasBottlenecks
      ? bottleneck(input, &builder) : basic(input, &builder)
    let shortcut = self.shortcut(input, &builder)
    let sum = builder.sum("\(name).add", value, shortcut)
    return builder.activation("\(name).relu", sum, .relu)
  }

  private func basic(
    _ input: GraphBuilder.Value, _ builder: inout GraphBuilder
  ) -> GraphBuilder.Value {
    var value = builder.convolution(
      "\(name).conv1", input, to: planes, kernel: 3, stride: stride, padding: 1)
    value = builder.batchNorm("\(name).bn1", value)
    value = builder.activation("\(name).relu", value, .relu)
    value = builder.convolution("\(name).conv2", value, to: planes, kernel: 3, padding: 1)
    return builder.batchNorm("\(name).bn2", value)
  }

  private func bottleneck(
    _ input: GraphBuilder.Value, _ builder: inout GraphBuilder
  ) -> GraphBuilder.Value {
    let width = planes * configuration.widthPerGroup / 64 * configuration.groups
    var value = builder.convolution("\(name).conv1", input, to: width, kernel: 1)
    value = builder.batchNorm("\(name).bn1", value)
    value = builder.activation("\(name).relu", value, .relu)
    value = builder.convolution(
      "\(name).conv2", value, to: width, kernel: 3, stride: stride, padding: dilation,
      dilation: dilation, groups: configuration.groups)
    value = builder.batchNorm("\(name).bn2", value)
    value = builder.activation("\(name).relu", value, .relu)
    value = builder.convolution("\(name).conv3", value, to: outputChannels, kernel: 1)
    return builder.batchNorm("\(name).bn3", value)
  }

  private func shortcut(
    _ input: GraphBuilder.Value, _ builder: inout GraphBuilder
  ) -> GraphBuilder.Value {
    guard stride != 1 || input.channels != outputChannels else { return input }
    return builder.convolutionNormActivation(
      "\(name).downsample", input, to: outputChannels, kernel: 1, stride: stride, nil)
  }
}
