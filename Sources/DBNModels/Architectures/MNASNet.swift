// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Names of torchvision.

/// MNASNet of torchvision, in its second version.
///
/// In torchvision these BatchNorms have a momentum of 0.0003, unlike those of other models; so they
/// do in these graphs.
///
/// Source: `torchvision/models/mnasnet.py` (Tan et al. 2018).
public enum MNASNet {
  /// Channels, kernel, stride, expansion, number of blocks.
  private static let stacks = [
    (24, 3, 2, 3, 3), (40, 5, 2, 3, 3), (80, 5, 2, 6, 3), (96, 3, 1, 6, 2), (192, 5, 2, 6, 4),
    (320, 3, 1, 6, 1),
  ]

  /// All members of the family, by increasing width.
  public static let all: [Architecture] = [mnasnet0_5, mnasnet0_75, mnasnet1_0, mnasnet1_3]

  /// With half of the channels.
  public static let mnasnet0_5 = architecture("mnasnet0_5", 0.5)
  /// With three quarters of the channels.
  public static let mnasnet0_75 = architecture("mnasnet0_75", 0.75)
  /// With all channels.
  public static let mnasnet1_0 = architecture("mnasnet1_0", 1)
  /// With 1.3 times the channels.
  public static let mnasnet1_3 = architecture("mnasnet1_3", 1.3)

  private static func architecture(_ name: String, _ alpha: Double) -> Architecture {
    Architecture(name: name) { graph(named: name, alpha, classes: $0, normLayer: $1) }
  }

  private static func graph(
    named name: String, _ alpha: Double, classes: Int, normLayer: any NormLayer
  ) -> Graph {
    var builder = GraphBuilder(normLayer: normLayer, momentum: 1 - 0.9997)
    let stem = (scaled(32, alpha), scaled(16, alpha))
    var value = builder.convolutionNormActivation(
      "layers", GraphBuilder.image, to: stem.0, kernel: 3, stride: 2, .relu)
    value = builder.convolutionNormActivation(
      "layers", at: 3, value, to: stem.0, kernel: 3, groups: stem.0, .relu)
    value = builder.convolutionNormActivation(
      "layers", at: 6, value, to: stem.1, kernel: 1, nil)
    for (index, stack) in stacks.enumerated() {
      let (channels, kernel, stride, expansion, count) = stack
      for block in 0..<count {
        value = invertedResidual(
          "layers.\(8 + index).\(block)", value, to: scaled(channels, alpha), kernel: kernel,
          stride: block == 0 ? stride : 1, expansion: expansion, &builder)
      }
    }
    value = builder.convolutionNormActivation(
      "layers", at: 14, value, to: 1280, kernel: 1, .relu)
    value = builder.adaptiveAveragePool("mean", value, to: 1)
    value = builder.flatten("flatten", value)
    value = builder.linear("classifier.1", value, to: classes)
    return builder.graph(named: name, output: value)
  }

  private static func invertedResidual(
    _ name: String, _ input: GraphBuilder.Value, to channels: Int, kernel: Int, stride: Int,
    expansion: Int, _ builder: inout GraphBuilder
  ) -> GraphBuilder.Value {
    let (layers, hidden) = ("\(name).layers", input.channels * expansion)
    var value = builder.convolutionNormActivation(layers, input, to: hidden, kernel: 1, .relu)
    value = builder.convolutionNormActivation(
      layers, at: 3, value, to: hidden, kernel: kernel, stride: stride, groups: hidden, .relu)
    value = builder.convolutionNormActivation(
      layers, at: 6, value, to: channels, kernel: 1, nil)
    guard stride == 1 && input.channels == channels else { return value }
    return builder.sum("\(name).add", value, input)
  }

  private static func scaled(_ channels: Int, _ alpha: Double) -> Int {
    Int(channels: Double(channels) * alpha)
  }
}
