// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Names of torchvision.

/// The residual networks of torchvision for videos, [N, 3, T, H, W].
///
/// Source: `torchvision/models/video/resnet.py` (Tran et al. 2017).
public enum VideoResNet {
  /// A 3x3x3 convolution, or what stands for it.
  enum Convolution {
    /// `Conv3DSimple`: over time and space.
    case simple
    /// `Conv3DNoTemporal`: over space alone.
    case noTemporal
    /// `Conv2Plus1D`: over space, then over time.
    case separated
  }

  /// All members of the family.
  public static let all: [Architecture] = [r3d_18, mc3_18, r2plus1d_18]

  /// Convolutions over time and space.
  public static let r3d_18 = architecture("r3d_18", [.simple, .simple, .simple, .simple])
  /// Convolutions over time only in the first layers.
  public static let mc3_18 = architecture(
    "mc3_18", [.simple, .noTemporal, .noTemporal, .noTemporal])
  /// Convolutions over space and over time, one after the other.
  public static let r2plus1d_18 = architecture(
    "r2plus1d_18", [.separated, .separated, .separated, .separated])

  private static func architecture(
    _ name: String, _ convolutions: [Convolution]
  ) -> Architecture {
    Architecture(name: name) { classes, normLayer in
      var builder = GraphBuilder(normLayer: normLayer, dimensions: 3)
      var value = builder.stem(isSeparated: convolutions[0] == .separated)
      for (stage, convolution) in convolutions.enumerated() {
        for index in 0..<2 {
          value = builder.block(
            "layer\(stage + 1).\(index)", value, convolution, to: 64 << stage,
            stride: stage > 0 && index == 0 ? 2 : 1)
        }
      }
      value = builder.classifier("fc", value, to: classes)
      return builder.graph(named: name, output: value)
    }
  }
}

extension GraphBuilder {
  /// `BasicStem` or `R2Plus1dStem`.
  fileprivate mutating func stem(isSeparated: Bool) -> Value {
    let value = convolutionNormActivation(
      "stem", Self.image, to: isSeparated ? 45 : 64, kernel: [isSeparated ? 1 : 3, 7, 7],
      stride: [1, 2, 2], .relu)
    guard isSeparated else { return value }
    return convolutionNormActivation("stem", at: 3, value, to: 64, kernel: [3, 1, 1], .relu)
  }

  /// `BasicBlock`.
  fileprivate mutating func block(
    _ name: String, _ input: Value, _ kind: VideoResNet.Convolution, to planes: Int, stride: Int
  ) -> Value {
    let middle = input.channels * planes * 27 / (input.channels * 9 + 3 * planes)
    var value = convolution("\(name).conv1.0", input, kind, middle, to: planes, stride: stride)
    value = batchNorm("\(name).conv1.1", value)
    value = activation("\(name).conv1.2", value, .relu)
    value = convolution("\(name).conv2.0", value, kind, middle, to: planes, stride: 1)
    value = batchNorm("\(name).conv2.1", value)
    var shortcut = input
    if stride != 1 || input.channels != planes {
      shortcut = convolutionNormActivation(
        "\(name).downsample", input, to: planes, kernel: 1,
        stride: [kind == .noTemporal ? 1 : stride, stride, stride], nil)
    }
    return activation("\(name).relu", sum("\(name).add", value, shortcut), .relu)
  }

  /// - Parameter middle: the number of channels between the two convolutions that are one.
  private mutating func convolution(
    _ name: String, _ input: Value, _ kind: VideoResNet.Convolution, _ middle: Int,
    to channels: Int, stride: Int
  ) -> Value {
    switch kind {
    case .simple:
      return convolution(name, input, to: channels, kernel: 3, stride: stride, padding: 1)
    case .noTemporal:
      return convolution(
        name, input, to: channels, kernel: [1, 3, 3], stride: [1, stride, stride],
        padding: [0, 1, 1])
    case .separated:
      let value = convolutionNormActivation(
        name, input, to: middle, kernel: [1, 3, 3], stride: [1, stride, stride], .relu)
      return convolution(
        "\(name).3", value, to: channels, kernel: [3, 1, 1], stride: [stride, 1, 1],
        padding: [1, 0, 0])
    }
  }
}
