// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Names of torchvision.

/// ShuffleNetV2 of torchvision.
///
/// Source: `torchvision/models/shufflenetv2.py` (Ma et al. 2018).
public enum ShuffleNetV2 {
  /// All members of the family, by increasing width.
  public static let all: [Architecture] = [
    shufflenet_v2_x0_5, shufflenet_v2_x1_0, shufflenet_v2_x1_5, shufflenet_v2_x2_0,
  ]

  /// About half of the channels.
  public static let shufflenet_v2_x0_5 = architecture(
    "shufflenet_v2_x0_5", [48, 96, 192], features: 1024)
  /// All channels.
  public static let shufflenet_v2_x1_0 = architecture(
    "shufflenet_v2_x1_0", [116, 232, 464], features: 1024)
  /// About 1.5 times the channels.
  public static let shufflenet_v2_x1_5 = architecture(
    "shufflenet_v2_x1_5", [176, 352, 704], features: 1024)
  /// About twice the channels.
  public static let shufflenet_v2_x2_0 = architecture(
    "shufflenet_v2_x2_0", [244, 488, 976], features: 2048)

  private static func architecture(
    _ name: String, _ channels: [Int], features: Int
  ) -> Architecture {
    Architecture(name: name) { classes, normLayer in
      var builder = GraphBuilder(normLayer: normLayer)
      var value = builder.convolutionNormActivation(
        "conv1", GraphBuilder.image, to: 24, kernel: 3, stride: 2, .relu)
      value = builder.maxPool("maxpool", value, kernel: 3, stride: 2, padding: 1)
      for (stage, (width, count)) in zip(2..., zip(channels, [4, 8, 4])) {
        value = builder.downsampling("stage\(stage).0", value, to: width)
        for block in 1..<count { value = builder.shuffleBlock("stage\(stage).\(block)", value) }
      }
      value = builder.convolutionNormActivation("conv5", value, to: features, kernel: 1, .relu)
      value = builder.add(
        "mean", .mean(dimensions: [2, 3], keepsDimensions: false), [.value(value.name)],
        channels: features)
      value = builder.linear("fc", value, to: classes)
      return builder.graph(named: name, output: value)
    }
  }
}

extension GraphBuilder {
  /// `InvertedResidual` with a stride of 2: two branches of half the channels, shuffled.
  fileprivate mutating func downsampling(
    _ name: String, _ input: Value, to channels: Int
  ) -> Value {
    var first = convolutionNormActivation(
      "\(name).branch1", input, to: input.channels, kernel: 3, stride: 2, groups: input.channels,
      nil)
    first = convolutionNormActivation(
      "\(name).branch1", at: 2, first, to: channels / 2, kernel: 1, .relu)
    let second = branch("\(name).branch2", input, to: channels / 2, stride: 2)
    return shuffled(name, [first, second])
  }

  /// `InvertedResidual` with a stride of 1: half of the channels stay as they are.
  fileprivate mutating func shuffleBlock(_ name: String, _ input: Value) -> Value {
    let (first, second) = halves("\(name).chunk", input)
    let changed = branch("\(name).branch2", second, to: second.channels, stride: 1)
    return shuffled(name, [first, changed])
  }

  private mutating func branch(
    _ name: String, _ input: Value, to channels: Int, stride: Int
  ) -> Value {
    var value = convolutionNormActivation(name, input, to: channels, kernel: 1, .relu)
    value = convolutionNormActivation(
      name, at: 3, value, to: channels, kernel: 3, stride: stride, groups: channels, nil)
    return convolutionNormActivation(name, at: 5, value, to: channels, kernel: 1, .relu)
  }

  /// The channels of two values alternately: `channel_shuffle` of their concatenation.
  private mutating func shuffled(_ name: String, _ halves: [Value]) -> Value {
    var value = concatenation("\(name).cat", halves)
    let channels = value.channels
    value = add(
      "\(name).groups",
      .reshape([
        .input(dimension: 0), 2, .fixed(channels / 2), .input(dimension: 2), .input(dimension: 3),
      ]),
      [.value(value.name)], channels: channels)
    value = add(
      "\(name).transpose", .permute([0, 2, 1, 3, 4]), [.value(value.name)], channels: channels)
    return add(
      "\(name).shuffle",
      .reshape([
        .input(dimension: 0), .fixed(channels), .input(dimension: 3), .input(dimension: 4),
      ]),
      [.value(value.name)], channels: channels)
  }
}
