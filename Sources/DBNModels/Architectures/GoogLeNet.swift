/// GoogLeNet of torchvision.
///
/// In torchvision these BatchNorms have an epsilon of 0.001; so they do in this graph.
///
/// Source: `torchvision/models/googlenet.py` (Szegedy et al. 2014).
public enum GoogLeNet {
  /// With 22 layers, and without the heads that only training uses.
  public static let googlenet = Architecture(
    name: "googlenet", auxiliaryHeads: ["aux1", "aux2"], notes: [.withoutTransformInput]
  ) { classes, normLayer in
    var builder = GraphBuilder(normLayer: normLayer, eps: 0.001)
    var value = builder.basicConvolution(
      "conv1", GraphBuilder.image, to: 64, kernel: 7, stride: 2, padding: 3)
    value = builder.maxPool("maxpool1", value, kernel: 3, stride: 2, usesCeiling: true)
    value = builder.basicConvolution("conv2", value, to: 64)
    value = builder.basicConvolution("conv3", value, to: 192, kernel: 3, padding: 1)
    value = builder.maxPool("maxpool2", value, kernel: 3, stride: 2, usesCeiling: true)
    value = builder.inception("inception3a", value, 64, (96, 128), (16, 32), 32)
    value = builder.inception("inception3b", value, 128, (128, 192), (32, 96), 64)
    value = builder.maxPool("maxpool3", value, kernel: 3, stride: 2, usesCeiling: true)
    value = builder.inception("inception4a", value, 192, (96, 208), (16, 48), 64)
    value = builder.inception("inception4b", value, 160, (112, 224), (24, 64), 64)
    value = builder.inception("inception4c", value, 128, (128, 256), (24, 64), 64)
    value = builder.inception("inception4d", value, 112, (144, 288), (32, 64), 64)
    value = builder.inception("inception4e", value, 256, (160, 320), (32, 128), 128)
    value = builder.maxPool("maxpool4", value, kernel: 2, stride: 2, usesCeiling: true)
    value = builder.inception("inception5a", value, 256, (160, 320), (32, 128), 128)
    value = builder.inception("inception5b", value, 384, (192, 384), (48, 128), 128)
    value = builder.classifier("fc", value, to: classes)
    return builder.graph(named: "googlenet", output: value)
  }
}

extension GraphBuilder {
  /// `Inception`: four branches with these numbers of channels, concatenated.
  fileprivate mutating func inception(
    _ name: String, _ input: Value, _ first: Int, _ second: (Int, Int), _ third: (Int, Int),
    _ fourth: Int
  ) -> Value {
    var branches = [basicConvolution("\(name).branch1", input, to: first)]
    // The third has a kernel of 3, as the second, not of 5 as in the paper.
    for (branch, channels) in [("\(name).branch2", second), ("\(name).branch3", third)] {
      let value = basicConvolution("\(branch).0", input, to: channels.0)
      branches.append(
        basicConvolution("\(branch).1", value, to: channels.1, kernel: 3, padding: 1))
    }
    let pooled = maxPool(
      "\(name).branch4.0", input, kernel: 3, stride: 1, padding: 1, usesCeiling: true)
    branches.append(basicConvolution("\(name).branch4.1", pooled, to: fourth))
    return concatenation("\(name).cat", branches)
  }
}
