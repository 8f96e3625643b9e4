/// The block of MobileNetV3 and EfficientNet: more channels, a convolution of each by itself, squeeze
/// and excitation, fewer channels; and a shortcut if the shape stays the same.
///
/// Source: `InvertedResidual` of `torchvision/models/mobilenetv3.py`, `MBConv` of
/// `torchvision/models/efficientnet.py`.
struct InvertedResidual {
  let expanded: Int
  let kernel: Int
  let stride: Int
  let channels: Int
  /// The channels inside of squeeze and excitation; nil if there is none.
  let squeezed: Int?
  let activation: Activation
  let squeezeActivation: Activation
  let scale: Activation
  /// If it is not 1, the convolution does not make the value smaller, whatever the stride is.
  var dilation = 1

  func add(
    _ name: String, _ input: GraphBuilder.Value, to builder: inout GraphBuilder
  ) -> GraphBuilder.Value {
    var (value, index) = (input, 0)
    func next() -> String {
      defer { index += 1 }
      return "\(name).block.\(index)"
    }
    if expanded != input.channels {
      value = builder.convolutionNormActivation(
        next(), value, to: expanded, kernel: 1, activation)
    }
    value = builder.convolutionNormActivation(
      next(), value, to: expanded, kernel: kernel, stride: dilation == 1 ? stride : 1,
      dilation: dilation, groups: expanded, activation)
    if let squeezed {
      value = builder.squeezeExcitation(
        next(), value, squeezed: squeezed, squeezeActivation, scale: scale)
    }
    value = builder.convolutionNormActivation(next(), value, to: channels, kernel: 1, nil)
    guard stride == 1 && input.channels == channels else { return value }
    return builder.sum("\(name).add", value, input)
  }
}
