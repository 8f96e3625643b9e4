// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Names of torchvision.

/// EfficientNet and EfficientNetV2 of torchvision.
///
/// BatchNorms have torchvision's settings: PyTorch's defaults in B0 to B4, an epsilon of 0.001 and a
/// momentum of 0.01 in B5 to B7, an epsilon of 0.001 in V2. Stochastic depth is left out in both
/// modes, as dropout is.
///
/// Source: `torchvision/models/efficientnet.py` (Tan and Le 2019, 2021).
public enum EfficientNet {
  /// The parameters of a member of the family.
  struct Configuration {
    let name: String
    let stem: Int
    let stages: [Stage]
    /// The number of channels before the classifier.
    let features: Int
    var eps: Double?
    var momentum: Double?
  }

  /// Blocks of the same kind, of which only the first has the stride.
  struct Stage {
    /// Whether one convolution with a square kernel widens, instead of two.
    let isFused: Bool
    let expansion: Int
    let kernel: Int
    let stride: Int
    let channels: Int
    let count: Int

    init(
      isFused: Bool = false, _ expansion: Int, _ kernel: Int, _ stride: Int, _ channels: Int,
      _ count: Int
    ) {
      self.isFused = isFused
      self.expansion = expansion
      self.kernel = kernel
      self.stride = stride
      self.channels = channels
      self.count = count
    }
  }

  /// All members of the family.
  public static let all: [Architecture] = [
    efficientnet_b0, efficientnet_b1, efficientnet_b2, efficientnet_b3, efficientnet_b4,
    efficientnet_b5, efficientnet_b6, efficientnet_b7, efficientnet_v2_s, efficientnet_v2_m,
    efficientnet_v2_l,
  ]

  /// The smallest.
  public static let efficientnet_b0 = architecture(scaled("efficientnet_b0", 1, 1))
  /// 1.1 times as deep.
  public static let efficientnet_b1 = architecture(scaled("efficientnet_b1", 1, 1.1))
  /// 1.1 times as wide, 1.2 times as deep.
  public static let efficientnet_b2 = architecture(scaled("efficientnet_b2", 1.1, 1.2))
  /// 1.2 times as wide, 1.4 times as deep.
  public static let efficientnet_b3 = architecture(scaled("efficientnet_b3", 1.2, 1.4))
  /// 1.4 times as wide, 1.8 times as deep.
  public static let efficientnet_b4 = architecture(scaled("efficientnet_b4", 1.4, 1.8))
  /// 1.6 times as wide, 2.2 times as deep.
  public static let efficientnet_b5 = architecture(
    scaled("efficientnet_b5", 1.6, 2.2, eps: 0.001, momentum: 0.01))
  /// 1.8 times as wide, 2.6 times as deep.
  public static let efficientnet_b6 = architecture(
    scaled("efficientnet_b6", 1.8, 2.6, eps: 0.001, momentum: 0.01))
  /// Twice as wide, 3.1 times as deep.
  public static let efficientnet_b7 = architecture(
    scaled("efficientnet_b7", 2, 3.1, eps: 0.001, momentum: 0.01))

  /// The second version, small.
  public static let efficientnet_v2_s = architecture(
    Configuration(
      name: "efficientnet_v2_s", stem: 24,
      stages: [
        Stage(isFused: true, 1, 3, 1, 24, 2), Stage(isFused: true, 4, 3, 2, 48, 4),
        Stage(isFused: true, 4, 3, 2, 64, 4), Stage(4, 3, 2, 128, 6), Stage(6, 3, 1, 160, 9),
        Stage(6, 3, 2, 256, 15),
      ], features: 1280, eps: 0.001))
  /// The second version, medium.
  public static let efficientnet_v2_m = architecture(
    Configuration(
      name: "efficientnet_v2_m", stem: 24,
      stages: [
        Stage(isFused: true, 1, 3, 1, 24, 3), Stage(isFused: true, 4, 3, 2, 48, 5),
        Stage(isFused: true, 4, 3, 2, 80, 5), Stage(4, 3, 2, 160, 7), Stage(6, 3, 1, 176, 14),
        Stage(6, 3, 2, 304, 18), Stage(6, 3, 1, 512, 5),
      ], features: 1280, eps: 0.001))
  /// The second version, large.
  public static let efficientnet_v2_l = architecture(
    Configuration(
      name: "efficientnet_v2_l", stem: 32,
      stages: [
        Stage(isFused: true, 1, 3, 1, 32, 4), Stage(isFused: true, 4, 3, 2, 64, 7),
        Stage(isFused: true, 4, 3, 2, 96, 7), Stage(4, 3, 2, 192, 10), Stage(6, 3, 1, 224, 19),
        Stage(6, 3, 2, 384, 25), Stage(6, 3, 1, 640, 7),
      ], features: 1280, eps: 0.001))

  /// A member of the first version: B0, scaled in width and depth.
  private static func scaled(
    _ name: String, _ width: Double, _ depth: Double, eps: Double? = nil, momentum: Double? = nil
  ) -> Configuration {
    let stages = [
      Stage(1, 3, 1, 16, 1), Stage(6, 3, 2, 24, 2), Stage(6, 5, 2, 40, 2), Stage(6, 3, 2, 80, 3),
      Stage(6, 5, 1, 112, 3), Stage(6, 5, 2, 192, 4), Stage(6, 3, 1, 320, 1),
    ].map { stage in
      Stage(
        stage.expansion, stage.kernel, stage.stride, Int(channels: Double(stage.channels) * width),
        Int((Double(stage.count) * depth).rounded(.up)))
    }
    return Configuration(
      name: name, stem: Int(channels: 32 * width), stages: stages,
      features: 4 * Int(channels: 320 * width), eps: eps, momentum: momentum)
  }

  private static func architecture(_ configuration: Configuration) -> Architecture {
    Architecture(name: configuration.name) { graph(configuration, classes: $0, normLayer: $1) }
  }

  static func graph(
    _ configuration: Configuration, classes: Int, normLayer: any NormLayer
  ) -> Graph {
    var builder = GraphBuilder(
      normLayer: normLayer, eps: configuration.eps, momentum: configuration.momentum)
    var value = builder.convolutionNormActivation(
      "features.0", GraphBuilder.image, to: configuration.stem, kernel: 3, stride: 2, .silu)
    for (index, stage) in configuration.stages.enumerated() {
      for block in 0..<stage.count {
        value = stage.add(
          "features.\(index + 1).\(block)", value, stride: block == 0 ? stage.stride : 1,
          to: &builder)
      }
    }
    value = builder.convolutionNormActivation(
      "features.\(configuration.stages.count + 1)", value, to: configuration.features, kernel: 1,
      .silu)
    value = builder.classifier("classifier.1", value, to: classes)
    return builder.graph(named: configuration.name, output: value)
  }
}

extension EfficientNet.Stage {
  fileprivate func add(
    _ name: String, _ input: GraphBuilder.Value, stride: Int, to builder: inout GraphBuilder
  ) -> GraphBuilder.Value {
    if isFused { return fused(name, input, stride, &builder) }
    let block = InvertedResidual(
      expanded: input.channels * expansion, kernel: kernel, stride: stride, channels: channels,
      squeezed: max(1, input.channels / 4), activation: .silu, squeezeActivation: .silu,
      scale: .sigmoid)
    return block.add(name, input, to: &builder)
  }

  /// `FusedMBConv`.
  private func fused(
    _ name: String, _ input: GraphBuilder.Value, _ stride: Int, _ builder: inout GraphBuilder
  ) -> GraphBuilder.Value {
    let expanded = input.channels * expansion
    var value = builder.convolutionNormActivation(
      "\(name).block.0", input, to: expansion == 1 ? channels : expanded, kernel: kernel,
      stride: stride, .silu)
    if expansion != 1 {
      value = builder.convolutionNormActivation(
        "\(name).block.1", value, to: channels, kernel: 1, nil)
    }
    guard stride == 1 && input.channels == channels else { return value }
    return builder.sum("\(name).add", value, input)
  }
}
