// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Names of torchvision.

/// RegNet X and Y of torchvision.
///
/// Source: `torchvision/models/regnet.py` (Radosavovic et al. 2020). Widths and depths are what
/// `BlockParams.from_init_params` computes from the parameters of each model.
public enum RegNet {
  /// The parameters of a member of the family.
  struct Configuration {
    let name: String
    /// The number of blocks of each stage.
    let depths: [Int]
    /// The number of channels of each stage.
    let widths: [Int]
    /// The number of channels of a group; at most that of the stage.
    let groupWidth: Int
    let hasSqueezeExcitation: Bool
  }

  /// All members of the family.
  public static let all: [Architecture] = [
    regnet_y_400mf, regnet_y_800mf, regnet_y_1_6gf, regnet_y_3_2gf, regnet_y_8gf, regnet_y_16gf,
    regnet_y_32gf, regnet_y_128gf, regnet_x_400mf, regnet_x_800mf, regnet_x_1_6gf, regnet_x_3_2gf,
    regnet_x_8gf, regnet_x_16gf, regnet_x_32gf,
  ]

  /// Y with 400 million multiplications per image.
  public static let regnet_y_400mf = y(
    "regnet_y_400mf", [1, 3, 6, 6], [48, 104, 208, 440], groups: 8)
  /// Y with 800 million multiplications per image.
  public static let regnet_y_800mf = y(
    "regnet_y_800mf", [1, 3, 8, 2], [64, 144, 320, 784], groups: 16)
  /// Y with 1.6 billion multiplications per image.
  public static let regnet_y_1_6gf = y(
    "regnet_y_1_6gf", [2, 6, 17, 2], [48, 120, 336, 888], groups: 24)
  /// Y with 3.2 billion multiplications per image.
  public static let regnet_y_3_2gf = y(
    "regnet_y_3_2gf", [2, 5, 13, 1], [72, 216, 576, 1512], groups: 24)
  /// Y with 8 billion multiplications per image.
  public static let regnet_y_8gf = y(
    "regnet_y_8gf", [2, 4, 10, 1], [224, 448, 896, 2016], groups: 56)
  /// Y with 16 billion multiplications per image.
  public static let regnet_y_16gf = y(
    "regnet_y_16gf", [2, 4, 11, 1], [224, 448, 1232, 3024], groups: 112)
  /// Y with 32 billion multiplications per image.
  public static let regnet_y_32gf = y(
    "regnet_y_32gf", [2, 5, 12, 1], [232, 696, 1392, 3712], groups: 232)
  /// Y with 128 billion multiplications per image.
  public static let regnet_y_128gf = y(
    "regnet_y_128gf", [2, 7, 17, 1], [528, 1056, 2904, 7392], groups: 264)
  /// X with 400 million multiplications per image.
  public static let regnet_x_400mf = x(
    "regnet_x_400mf", [1, 2, 7, 12], [32, 64, 160, 400], groups: 16)
  /// X with 800 million multiplications per image.
  public static let regnet_x_800mf = x(
    "regnet_x_800mf", [1, 3, 7, 5], [64, 128, 288, 672], groups: 16)
  /// X with 1.6 billion multiplications per image.
  public static let regnet_x_1_6gf = x(
    "regnet_x_1_6gf", [2, 4, 10, 2], [72, 168, 408, 912], groups: 24)
  /// X with 3.2 billion multiplications per image.
  public static let regnet_x_3_2gf = x(
    "regnet_x_3_2gf", [2, 6, 15, 2], [96, 192, 432, 1008], groups: 48)
  /// X with 8 billion multiplications per image.
  public static let regnet_x_8gf = x(
    "regnet_x_8gf", [2, 5, 15, 1], [80, 240, 720, 1920], groups: 120)
  /// X with 16 billion multiplications per image.
  public static let regnet_x_16gf = x(
    "regnet_x_16gf", [2, 6, 13, 1], [256, 512, 896, 2048], groups: 128)
  /// X with 32 billion multiplications per image.
  public static let regnet_x_32gf = x(
    "regnet_x_32gf", [2, 7, 13, 1], [336, 672, 1344, 2520], groups: 168)

  /// A member without squeeze and excitation.
  private static func x(
    _ name: String, _ depths: [Int], _ widths: [Int], groups: Int
  ) -> Architecture {
    architecture(
      Configuration(
        name: name, depths: depths, widths: widths, groupWidth: groups,
        hasSqueezeExcitation: false))
  }

  /// A member with squeeze and excitation.
  private static func y(
    _ name: String, _ depths: [Int], _ widths: [Int], groups: Int
  ) -> Architecture {
    architecture(
      Configuration(
        name: name, depths: depths, widths: widths, groupWidth: groups, hasSqueezeExcitation: true))
  }

  private static func architecture(_ configuration: Configuration) -> Architecture {
    Architecture(name: configuration.name) { graph(configuration, classes: $0, normLayer: $1) }
  }

  static func graph(
    _ configuration: Configuration, classes: Int, normLayer: any NormLayer
  ) -> Graph {
    var builder = GraphBuilder(normLayer: normLayer)
    var value = builder.convolutionNormActivation(
      "stem", GraphBuilder.image, to: 32, kernel: 3, stride: 2, .relu)
    for (index, (depth, width)) in zip(configuration.depths, configuration.widths).enumerated() {
      let stage = index + 1
      for block in 0..<depth {
        value = configuration.block(
          "trunk_output.block\(stage).block\(stage)-\(block)", value, to: width,
          stride: block == 0 ? 2 : 1, &builder)
      }
    }
    value = builder.classifier("fc", value, to: classes)
    return builder.graph(named: configuration.name, output: value)
  }
}

extension RegNet.Configuration {
  /// `ResBottleneckBlock`.
  fileprivate func block(
    _ name: String, _ input: GraphBuilder.Value, to width: Int, stride: Int,
    _ builder: inout GraphBuilder
  ) -> GraphBuilder.Value {
    var shortcut = input
    if input.channels != width || stride != 1 {
      shortcut = builder.convolutionNormActivation(
        "\(name).proj", input, to: width, kernel: 1, stride: stride, nil)
    }
    var value = builder.convolutionNormActivation(
      "\(name).f.a", input, to: width, kernel: 1, .relu)
    value = builder.convolutionNormActivation(
      "\(name).f.b", value, to: width, kernel: 3, stride: stride,
      groups: width / min(groupWidth, width), .relu)
    if hasSqueezeExcitation {
      value = builder.squeezeExcitation(
        "\(name).f.se", value, squeezed: input.channels / 4, .relu)
    }
    value = builder.convolutionNormActivation("\(name).f.c", value, to: width, kernel: 1, nil)
    value = builder.sum("\(name).add", shortcut, value)
    return builder.activation("\(name).activation", value, .relu)
  }
}
