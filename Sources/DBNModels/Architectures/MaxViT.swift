// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Names of torchvision.

/// MaxViT of torchvision: convolutions, and attention within windows and across them.
///
/// In torchvision these BatchNorms have an epsilon of 0.001 and a momentum of 0.01; so they do in
/// this graph.
///
/// Source: `torchvision/models/maxvit.py` (Tu et al. 2022).
public enum MaxViT {
  /// The smallest. For square images whose sides are multiples of 224.
  public static let maxvit_t = Architecture(name: "maxvit_t") { classes, normLayer in
    var builder = GraphBuilder(normLayer: normLayer, eps: 0.001, momentum: 0.01)
    var value = builder.convolutionNormActivation(
      "stem.0", GraphBuilder.image, to: 64, kernel: 3, stride: 2, gelu)
    value = builder.convolution(
      "stem.1.0", value, to: 64, kernel: 3, padding: 1, hasBias: true)
    for (block, layers) in [2, 2, 5, 2].enumerated() {
      for layer in 0..<layers {
        let name = "blocks.\(block).layers.\(layer).layers"
        value = builder.convolutions(
          "\(name).MBconv", value, to: 64 << block, stride: layer == 0 ? 2 : 1)
        value = builder.attention("\(name).window_attention", value, acrossWindows: false)
        value = builder.attention("\(name).grid_attention", value, acrossWindows: true)
      }
    }
    let pooled = builder.adaptiveAveragePool("classifier.0", value, to: 1)
    value = builder.layerNorm("classifier.2", builder.flatten("classifier.1", pooled))
    value = builder.linear("classifier.3", value, to: value.channels)
    value = builder.activation("classifier.4", value, .tanh)
    value = builder.linear("classifier.5", value, to: classes, hasBias: false)
    return builder.graph(named: "maxvit_t", output: value)
  }

  fileprivate static let gelu = Activation.gelu(usesTanh: false)
  /// The side of a window, and the number of windows along a side.
  fileprivate static let side = 7
  /// The number of features of an attention's head.
  fileprivate static let head = 32
}

extension GraphBuilder {
  /// `MBConv`.
  fileprivate mutating func convolutions(
    _ name: String, _ input: Value, to channels: Int, stride: Int
  ) -> Value {
    var shortcut = input
    if stride != 1 {
      shortcut = averagePool("\(name).proj.0", input, kernel: 3, stride: 2, padding: 1)
      shortcut = convolution(
        "\(name).proj.1", shortcut, to: channels, kernel: 1, hasBias: true)
    }
    let (layers, wide) = ("\(name).layers", 4 * channels)
    var value = batchNorm("\(layers).pre_norm", input)
    value = convolutionNormActivation("\(layers).conv_a", value, to: wide, kernel: 1, MaxViT.gelu)
    value = convolutionNormActivation(
      "\(layers).conv_b", value, to: wide, kernel: 3, stride: stride, groups: wide, MaxViT.gelu)
    value = squeezeExcitation(
      "\(layers).squeeze_excitation", value, squeezed: channels / 4, .silu)
    value = convolution("\(layers).conv_c", value, to: channels, kernel: 1, hasBias: true)
    return sum("\(name).add", shortcut, value)
  }

  /// `PartitionAttentionLayer`: between the positions of each window, or between the windows at each
  /// position; and two linear layers.
  fileprivate mutating func attention(
    _ name: String, _ input: Value, acrossWindows: Bool
  ) -> Value {
    var value = partition(name, input, acrossWindows: acrossWindows)
    var change = layerNorm("\(name).attn_layer.0", value)
    change = heads("\(name).attn_layer.1", change)
    value = sum("\(name).attn_layer.add", value, change)
    change = layerNorm("\(name).mlp_layer.0", value)
    change = linear("\(name).mlp_layer.1", change, to: 4 * value.channels)
    change = activation("\(name).mlp_layer.2", change, MaxViT.gelu)
    change = linear("\(name).mlp_layer.3", change, to: value.channels)
    value = sum("\(name).mlp_layer.add", value, change)
    return departition(name, value, like: input, acrossWindows: acrossWindows)
  }

  /// The side of the windows whose positions, or the same positions of which, attend to each other.
  private func side(of input: Value, acrossWindows: Bool) -> Size {
    let side = Size.fixed(MaxViT.side)
    return acrossWindows ? .computed(.quotient, .dimension(2, of: input.name), side) : side
  }

  /// [N, C, H, W] as [N, groups, positions that attend to each other, C].
  private mutating func partition(
    _ name: String, _ input: Value, acrossWindows: Bool
  ) -> Value {
    let side = side(of: input, acrossWindows: acrossWindows)
    let (rows, columns) = (
      Size.computed(.quotient, .dimension(2, of: input.name), side),
      Size.computed(.quotient, .dimension(3, of: input.name), side)
    )
    let channels = Size.fixed(input.channels)
    var value = reshaped(
      "\(name).apart", input, [.input(dimension: 0), channels, rows, side, columns, side])
    value = permuted("\(name).windows", value, [0, 2, 4, 3, 5, 1])
    value = reshaped(
      "\(name).partition", value,
      [.input(dimension: 0), .computed(.product, rows, columns), .inferred, channels])
    return acrossWindows ? permuted("\(name).swap", value, [0, 2, 1, 3]) : value
  }

  private mutating func departition(
    _ name: String, _ input: Value, like image: Value, acrossWindows: Bool
  ) -> Value {
    let side = side(of: image, acrossWindows: acrossWindows)
    let (height, width) = (Size.dimension(2, of: image.name), Size.dimension(3, of: image.name))
    let (rows, columns) = (
      Size.computed(.quotient, height, side), Size.computed(.quotient, width, side)
    )
    let channels = Size.fixed(input.channels)
    var value =
      acrossWindows ? permuted("\(name).swap_back", input, [0, 2, 1, 3]) : input
    value = reshaped(
      "\(name).rows", value, [.input(dimension: 0), rows, columns, side, side, channels])
    value = permuted("\(name).lines", value, [0, 5, 1, 3, 2, 4])
    return reshaped("\(name).image", value, [.input(dimension: 0), channels, height, width])
  }

  /// `RelativePositionalMultiHeadAttention`.
  private mutating func heads(_ name: String, _ input: Value) -> Value {
    let bias = positionBias(name, heads: input.channels / MaxViT.head)
    let all = linear("\(name).to_qkv", input, to: 3 * input.channels)
    let parts = ["query", "key", "value"].enumerated().map { index, part in
      head("\(name).\(part)", all, at: index * input.channels, input.channels)
    }
    // The scale is by all features, not by those of a head.
    let attributes = Operation.Attention(scale: 1 / Double(input.channels).squareRoot())
    var value = add(
      "\(name).attention", .attention(attributes),
      parts.map { .value($0.name) } + [.value(bias.name)], channels: input.channels)
    value = permuted("\(name).together", value, [0, 1, 3, 2, 4])
    value = reshaped(
      "\(name).features", value,
      [
        .input(dimension: 0), .input(dimension: 1), .input(dimension: 2), .fixed(input.channels),
      ])
    return linear("\(name).merge", value, to: input.channels)
  }

  /// The features from `start` on as [N, groups, heads, positions, features of a head].
  private mutating func head(
    _ name: String, _ all: Value, at start: Int, _ channels: Int
  ) -> Value {
    let slice = Operation.slice(
      dimension: -1, start: .fixed(start), end: .fixed(start + channels), step: 1)
    let part = add("\(name).slice", slice, [.value(all.name)], channels: channels)
    let apart = reshaped(
      "\(name).heads", part,
      [
        .input(dimension: 0), .input(dimension: 1), .input(dimension: 2),
        .fixed(channels / MaxViT.head), .fixed(MaxViT.head),
      ])
    return permuted(name, apart, [0, 1, 3, 2, 4])
  }

  /// What is added to the products of queries and keys: [heads, positions, positions], from a table
  /// with a row for each distance.
  private mutating func positionBias(_ name: String, heads: Int) -> Value {
    let (distances, positions) = (2 * MaxViT.side - 1, MaxViT.side * MaxViT.side)
    let (table, index) = (
      "\(name).relative_position_bias_table", "\(name).relative_position_index"
    )
    parameter(table, [distances * distances, heads])
    parameter(index, [positions, positions])
    let rows = add(
      "\(name).rows", .indexSelect(dimension: 0), [.parameter(table), .parameter(index)],
      channels: heads)
    return permuted("\(name).bias", rows, [2, 0, 1])
  }

  private mutating func reshaped(_ name: String, _ input: Value, _ sizes: [Size]) -> Value {
    add(name, .reshape(sizes), [.value(input.name)], channels: input.channels)
  }

  private mutating func permuted(_ name: String, _ input: Value, _ order: [Int]) -> Value {
    add(name, .permute(order), [.value(input.name)], channels: input.channels)
  }

  /// Over the last dimension.
  fileprivate mutating func layerNorm(_ name: String, _ input: Value) -> Value {
    parameter("\(name).weight", [input.channels])
    parameter("\(name).bias", [input.channels])
    return add(
      name, .layerNorm(shape: [input.channels], eps: 1e-5),
      [.value(input.name), .parameter("\(name).weight"), .parameter("\(name).bias")],
      channels: input.channels)
  }
}
