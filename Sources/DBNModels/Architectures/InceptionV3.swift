// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Names of torchvision.

/// Inception v3 of torchvision.
///
/// In torchvision these BatchNorms have an epsilon of 0.001; so they do in this graph.
///
/// Source: `torchvision/models/inception.py` (Szegedy et al. 2015).
public enum InceptionV3 {
  /// For images of at least 75x75, and without the head that only training uses.
  public static let inception_v3 = Architecture(
    name: "inception_v3", auxiliaryHeads: ["AuxLogits"], notes: [.withoutTransformInput]
  ) { classes, normLayer in
    var builder = GraphBuilder(normLayer: normLayer, eps: 0.001)
    var value = builder.stem()
    value = builder.blockA("Mixed_5b", value, pooled: 32)
    value = builder.blockA("Mixed_5c", value, pooled: 64)
    value = builder.blockA("Mixed_5d", value, pooled: 64)
    value = builder.blockB("Mixed_6a", value)
    value = builder.blockC("Mixed_6b", value, 128)
    value = builder.blockC("Mixed_6c", value, 160)
    value = builder.blockC("Mixed_6d", value, 160)
    value = builder.blockC("Mixed_6e", value, 192)
    value = builder.blockD("Mixed_7a", value)
    value = builder.blockE("Mixed_7b", value)
    value = builder.blockE("Mixed_7c", value)
    value = builder.classifier("fc", value, to: classes)
    return builder.graph(named: "inception_v3", output: value)
  }
}

extension GraphBuilder {
  fileprivate mutating func stem() -> Value {
    var value = basicConvolution("Conv2d_1a_3x3", Self.image, to: 32, kernel: 3, stride: 2)
    value = basicConvolution("Conv2d_2a_3x3", value, to: 32, kernel: 3)
    value = basicConvolution("Conv2d_2b_3x3", value, to: 64, kernel: 3, padding: 1)
    value = maxPool("maxpool1", value, kernel: 3, stride: 2)
    value = basicConvolution("Conv2d_3b_1x1", value, to: 80)
    value = basicConvolution("Conv2d_4a_3x3", value, to: 192, kernel: 3)
    return maxPool("maxpool2", value, kernel: 3, stride: 2)
  }

  /// `InceptionA`.
  fileprivate mutating func blockA(_ name: String, _ input: Value, pooled: Int) -> Value {
    let narrow = basicConvolution("\(name).branch1x1", input, to: 64)
    var wide = basicConvolution("\(name).branch5x5_1", input, to: 48)
    wide = basicConvolution("\(name).branch5x5_2", wide, to: 64, kernel: 5, padding: 2)
    var double = basicConvolution("\(name).branch3x3dbl_1", input, to: 64)
    double = basicConvolution("\(name).branch3x3dbl_2", double, to: 96, kernel: 3, padding: 1)
    double = basicConvolution("\(name).branch3x3dbl_3", double, to: 96, kernel: 3, padding: 1)
    return concatenation(
      "\(name).cat", [narrow, wide, double, pooledBranch(name, input, to: pooled)])
  }

  /// `InceptionB`.
  fileprivate mutating func blockB(_ name: String, _ input: Value) -> Value {
    let single = basicConvolution("\(name).branch3x3", input, to: 384, kernel: 3, stride: 2)
    var double = basicConvolution("\(name).branch3x3dbl_1", input, to: 64)
    double = basicConvolution("\(name).branch3x3dbl_2", double, to: 96, kernel: 3, padding: 1)
    double = basicConvolution("\(name).branch3x3dbl_3", double, to: 96, kernel: 3, stride: 2)
    let pooled = maxPool("\(name).branch_pool", input, kernel: 3, stride: 2)
    return concatenation("\(name).cat", [single, double, pooled])
  }

  /// `InceptionC`; `channels` are those between the convolutions of 1x7 and 7x1.
  fileprivate mutating func blockC(_ name: String, _ input: Value, _ channels: Int) -> Value {
    let narrow = basicConvolution("\(name).branch1x1", input, to: 192)
    var single = basicConvolution("\(name).branch7x7_1", input, to: channels)
    single = along(.width, 7, "\(name).branch7x7_2", single, to: channels)
    single = along(.height, 7, "\(name).branch7x7_3", single, to: 192)
    var double = basicConvolution("\(name).branch7x7dbl_1", input, to: channels)
    double = along(.height, 7, "\(name).branch7x7dbl_2", double, to: channels)
    double = along(.width, 7, "\(name).branch7x7dbl_3", double, to: channels)
    double = along(.height, 7, "\(name).branch7x7dbl_4", double, to: channels)
    double = along(.width, 7, "\(name).branch7x7dbl_5", double, to: 192)
    return concatenation(
      "\(name).cat", [narrow, single, double, pooledBranch(name, input, to: 192)])
  }

  /// `InceptionD`.
  fileprivate mutating func blockD(_ name: String, _ input: Value) -> Value {
    var small = basicConvolution("\(name).branch3x3_1", input, to: 192)
    small = basicConvolution("\(name).branch3x3_2", small, to: 320, kernel: 3, stride: 2)
    var large = basicConvolution("\(name).branch7x7x3_1", input, to: 192)
    large = along(.width, 7, "\(name).branch7x7x3_2", large, to: 192)
    large = along(.height, 7, "\(name).branch7x7x3_3", large, to: 192)
    large = basicConvolution("\(name).branch7x7x3_4", large, to: 192, kernel: 3, stride: 2)
    let pooled = maxPool("\(name).branch_pool", input, kernel: 3, stride: 2)
    return concatenation("\(name).cat", [small, large, pooled])
  }

  /// `InceptionE`.
  fileprivate mutating func blockE(_ name: String, _ input: Value) -> Value {
    let narrow = basicConvolution("\(name).branch1x1", input, to: 320)
    var single = basicConvolution("\(name).branch3x3_1", input, to: 384)
    single = bothAxes("\(name).branch3x3_2", single)
    var double = basicConvolution("\(name).branch3x3dbl_1", input, to: 448)
    double = basicConvolution("\(name).branch3x3dbl_2", double, to: 384, kernel: 3, padding: 1)
    double = bothAxes("\(name).branch3x3dbl_3", double)
    return concatenation(
      "\(name).cat", [narrow, single, double, pooledBranch(name, input, to: 192)])
  }

  private mutating func pooledBranch(_ name: String, _ input: Value, to channels: Int) -> Value {
    let pooled = averagePool("\(name).avg_pool2d", input, kernel: 3, stride: 1, padding: 1)
    return basicConvolution("\(name).branch_pool", pooled, to: channels)
  }

  /// Two convolutions of the same value, 1x3 and 3x1, concatenated.
  private mutating func bothAxes(_ name: String, _ input: Value) -> Value {
    let first = along(.width, 3, "\(name)a", input, to: 384)
    let second = along(.height, 3, "\(name)b", input, to: 384)
    return concatenation("\(name).cat", [first, second])
  }

  private enum Axis {
    case height
    case width
  }

  /// A convolution along one axis that keeps the size.
  private mutating func along(
    _ axis: Axis, _ kernel: Int, _ name: String, _ input: Value, to channels: Int
  ) -> Value {
    let kernel = axis == .height ? [kernel, 1] : [1, kernel]
    return basicConvolution(
      name, input, to: channels, kernel: kernel, padding: kernel.map { $0 / 2 })
  }
}
