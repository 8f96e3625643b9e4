/// Blocks that several families of torchvision have.
extension GraphBuilder {
  /// Convolution, BatchNorm and activation: consecutive modules of an `nn.Sequential`. Padded so that
  /// a stride of 1 keeps the size.
  ///
  /// Source: `Conv2dNormActivation` of `torchvision/ops/misc.py`, where `index` is 0.
  ///
  /// - Parameters:
  ///   - sequential: the name of the `nn.Sequential`.
  ///   - index: the index of the convolution in it.
  ///   - activation: nil for none.
  mutating func convolutionNormActivation(
    _ sequential: String, at index: Int = 0, _ input: Value, to channels: Int,
    kernel: some AxisSizes, stride: some AxisSizes = 1, dilation: Int = 1, groups: Int = 1,
    hasBias: Bool = false, _ activation: Activation?
  ) -> Value {
    let padding = kernel.sizes(dimensions).map { $0 / 2 * dilation }
    let value = convolution(
      "\(sequential).\(index)", input, to: channels, kernel: kernel, stride: stride,
      padding: padding, dilation: dilation, groups: groups, hasBias: hasBias)
    let normalised = batchNorm("\(sequential).\(index + 1)", value)
    guard let activation else { return normalised }
    return self.activation("\(sequential).\(index + 2)", normalised, activation)
  }

  /// Convolution, BatchNorm and ReLU.
  ///
  /// Source: `BasicConv2d` of `torchvision/models/googlenet.py` and `inception.py`.
  mutating func basicConvolution(
    _ name: String, _ input: Value, to channels: Int, kernel: some AxisSizes = 1, stride: Int = 1,
    padding: some AxisSizes = 0
  ) -> Value {
    var value = convolution(
      "\(name).conv", input, to: channels, kernel: kernel, stride: stride, padding: padding)
    value = batchNorm("\(name).bn", value)
    return activation("\(name).relu", value, .relu)
  }

  /// The input, in which each channel is multiplied by a number that depends on the means of all.
  ///
  /// Source: `SqueezeExcitation` of `torchvision/ops/misc.py` (Hu et al. 2017).
  ///
  /// - Parameters:
  ///   - squeezed: the number of channels between the two convolutions.
  ///   - scale: the function that makes the factors.
  mutating func squeezeExcitation(
    _ name: String, _ input: Value, squeezed: Int, _ activation: Activation,
    scale: Activation = .sigmoid
  ) -> Value {
    var value = adaptiveAveragePool("\(name).avgpool", input, to: 1)
    value = convolution("\(name).fc1", value, to: squeezed, kernel: 1, hasBias: true)
    value = self.activation("\(name).activation", value, activation)
    value = convolution("\(name).fc2", value, to: input.channels, kernel: 1, hasBias: true)
    value = self.activation("\(name).scale_activation", value, scale)
    return product("\(name).mul", value, input)
  }

  /// Global average pooling and a linear layer.
  mutating func classifier(_ name: String, _ input: Value, to classes: Int) -> Value {
    let value = adaptiveAveragePool("avgpool", input, to: 1)
    return linear(name, flatten("flatten", value), to: classes)
  }
}

extension Int {
  /// The multiple of 8 nearest to a number of channels, but at least 0.9 of it.
  ///
  /// Source: `_make_divisible` of `torchvision/models/_utils.py`.
  init(channels: Double) {
    let rounded = Swift.max(8, Int(channels + 4) / 8 * 8)
    self = Double(rounded) >= 0.9 * channels ? rounded : rounded + 8
  }
}
