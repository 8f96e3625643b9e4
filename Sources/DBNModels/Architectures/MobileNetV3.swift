// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Names of torchvision.

/// MobileNetV3 of torchvision.
///
/// In torchvision these BatchNorms have an epsilon of 0.001 and a momentum of 0.01; so they do in
/// these graphs.
///
/// Source: `torchvision/models/mobilenetv3.py` (Howard et al. 2019).
public enum MobileNetV3 {
  /// A block's row in the paper's table.
  struct Row {
    let kernel: Int
    let expanded: Int
    let channels: Int
    let hasSqueezeExcitation: Bool
    let activation: Activation
    let stride: Int

    init(
      _ kernel: Int, _ expanded: Int, _ channels: Int, _ hasSqueezeExcitation: Bool,
      _ activation: Activation, _ stride: Int
    ) {
      self.kernel = kernel
      self.expanded = expanded
      self.channels = channels
      self.hasSqueezeExcitation = hasSqueezeExcitation
      self.activation = activation
      self.stride = stride
    }

    func block(dilation: Int) -> InvertedResidual {
      InvertedResidual(
        expanded: expanded, kernel: kernel, stride: stride, channels: channels,
        squeezed: hasSqueezeExcitation ? Int(channels: Double(expanded / 4)) : nil,
        activation: activation, squeezeActivation: .relu, scale: .hardSigmoid, dilation: dilation)
    }
  }

  /// All members of the family.
  public static let all: [Architecture] = [mobilenet_v3_large, mobilenet_v3_small]

  /// 15 blocks.
  public static let mobilenet_v3_large = architecture(
    "mobilenet_v3_large", hidden: 1280, largeRows)
  /// 11 blocks.
  public static let mobilenet_v3_small = architecture(
    "mobilenet_v3_small", hidden: 1024,
    [
      Row(3, 16, 16, true, .relu, 2), Row(3, 72, 24, false, .relu, 2),
      Row(3, 88, 24, false, .relu, 1), Row(5, 96, 40, true, .hardSwish, 2),
      Row(5, 240, 40, true, .hardSwish, 1), Row(5, 240, 40, true, .hardSwish, 1),
      Row(5, 120, 48, true, .hardSwish, 1), Row(5, 144, 48, true, .hardSwish, 1),
      Row(5, 288, 96, true, .hardSwish, 2), Row(5, 576, 96, true, .hardSwish, 1),
      Row(5, 576, 96, true, .hardSwish, 1),
    ])

  static let largeRows = [
    Row(3, 16, 16, false, .relu, 1), Row(3, 64, 24, false, .relu, 2),
    Row(3, 72, 24, false, .relu, 1), Row(5, 72, 40, true, .relu, 2),
    Row(5, 120, 40, true, .relu, 1), Row(5, 120, 40, true, .relu, 1),
    Row(3, 240, 80, false, .hardSwish, 2), Row(3, 200, 80, false, .hardSwish, 1),
    Row(3, 184, 80, false, .hardSwish, 1), Row(3, 184, 80, false, .hardSwish, 1),
    Row(3, 480, 112, true, .hardSwish, 1), Row(3, 672, 112, true, .hardSwish, 1),
    Row(5, 672, 160, true, .hardSwish, 2), Row(5, 960, 160, true, .hardSwish, 1),
    Row(5, 960, 160, true, .hardSwish, 1),
  ]

  private static func architecture(_ name: String, hidden: Int, _ rows: [Row]) -> Architecture {
    Architecture(name: name) { classes, normLayer in
      var builder = GraphBuilder(normLayer: normLayer, eps: 0.001, momentum: 0.01)
      let features = builder.mobileStages(rows, in: "features")
      var value = builder.classifier("classifier.0", features[rows.count + 1], to: hidden)
      value = builder.activation("classifier.1", value, .hardSwish)
      value = builder.linear("classifier.3", value, to: classes)
      return builder.graph(named: name, output: value)
    }
  }
}

extension GraphBuilder {
  /// Everything of a MobileNetV3 but its classifier.
  ///
  /// - Parameters:
  ///   - sequential: the name of its modules.
  ///   - dilation: that of the last three blocks, which then do not make the image smaller.
  /// - Returns: the values after the first convolution, after each block and in the end.
  mutating func mobileStages(
    _ rows: [MobileNetV3.Row], in sequential: String, dilation: Int = 1
  ) -> [Value] {
    var values = [
      convolutionNormActivation(
        "\(sequential).0", Self.image, to: 16, kernel: 3, stride: 2, .hardSwish)
    ]
    for (index, row) in rows.enumerated() {
      let block = row.block(dilation: index + 3 < rows.count ? 1 : dilation)
      values.append(
        block.add("\(sequential).\(index + 1)", values[index], to: &self))
    }
    let last = values[rows.count]
    values.append(
      convolutionNormActivation(
        "\(sequential).\(rows.count + 1)", last, to: 6 * last.channels, kernel: 1, .hardSwish))
    return values
  }
}
