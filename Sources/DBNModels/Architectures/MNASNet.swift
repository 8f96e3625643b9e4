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
    var builder = GraphBuilder(normLayer: Slow(normLayer: normLayer))
    let stem = (scaled(32, alpha), scaled(16, alpha))
    var value = layer(0, GraphBuilder.image, to: stem.0, kernel: 3, stride: 2, &builder)
    value = layer(3, value, to: stem.0, kernel: 3, groups: stem.0, &builder)
    value = layer(6, value, to: stem.1, kernel: 1, isActivated: false, &builder)
    for (index, stack) in stacks.enumerated() {
      let (channels, kernel, stride, expansion, count) = stack
      for block in 0..<count {
        value = invertedResidual(
          "layers.\(8 + index).\(block)", value, to: scaled(channels, alpha), kernel: kernel,
          stride: block == 0 ? stride : 1, expansion: expansion, &builder)
      }
    }
    value = layer(14, value, to: 1280, kernel: 1, &builder)
    value = builder.adaptiveAveragePool("mean", value, to: 1)
    value = builder.flatten("flatten", value)
    value = builder.linear("classifier.1", value, to: classes)
    return builder.graph(named: name, output: value)
  }

  /// Convolution, BatchNorm and ReLU, which are consecutive in the list of layers.
  private static func layer(
    _ index: Int, _ input: GraphBuilder.Value, to channels: Int, kernel: Int, stride: Int = 1,
    groups: Int = 1, isActivated: Bool = true, _ builder: inout GraphBuilder
  ) -> GraphBuilder.Value {
    convolution(
      "layers", index, input, to: channels, kernel: kernel, stride: stride, groups: groups,
      isActivated: isActivated, &builder)
  }

  private static func convolution(
    _ name: String, _ index: Int, _ input: GraphBuilder.Value, to channels: Int, kernel: Int,
    stride: Int = 1, groups: Int = 1, isActivated: Bool = true, _ builder: inout GraphBuilder
  ) -> GraphBuilder.Value {
    let value = builder.convolution(
      "\(name).\(index)", input, to: channels, kernel: kernel, stride: stride,
      padding: kernel / 2, groups: groups)
    let normalised = builder.batchNorm("\(name).\(index + 1)", value)
    guard isActivated else { return normalised }
    return builder.activation("\(name).\(index + 2)", normalised, .relu)
  }

  private static func invertedResidual(
    _ name: String, _ input: GraphBuilder.Value, to channels: Int, kernel: Int, stride: Int,
    expansion: Int, _ builder: inout GraphBuilder
  ) -> GraphBuilder.Value {
    let (layers, hidden) = ("\(name).layers", input.channels * expansion)
    var value = convolution(layers, 0, input, to: hidden, kernel: 1, &builder)
    value = convolution(
      layers, 3, value, to: hidden, kernel: kernel, stride: stride, groups: hidden, &builder)
    value = convolution(layers, 6, value, to: channels, kernel: 1, isActivated: false, &builder)
    guard stride == 1 && input.channels == channels else { return value }
    return builder.sum("\(name).add", value, input)
  }

  /// The multiple of 8 nearest to the scaled number of channels, but at least 0.9 of it.
  ///
  /// Source: `_round_to_multiple_of`.
  private static func scaled(_ channels: Int, _ alpha: Double) -> Int {
    let value = Double(channels) * alpha
    let rounded = max(8, Int(value + 4) / 8 * 8)
    return Double(rounded) >= 0.9 * value ? rounded : rounded + 8
  }

  /// BatchNorms with torchvision's low momentum.
  private struct Slow: NormLayer {
    let normLayer: any NormLayer

    func callAsFunction(numFeatures: Int) -> NormModule {
      var module = normLayer(numFeatures: numFeatures)
      module.momentum = 1 - 0.9997
      return module
    }
  }
}
