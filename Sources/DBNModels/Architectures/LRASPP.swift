// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Names of torchvision.

/// "Lite R-ASPP" of torchvision, which classifies each pixel.
///
/// The only output is what PyTorch's dictionary calls `out`.
///
/// Source: `torchvision/models/segmentation/lraspp.py` (Howard et al. 2019).
public enum LRASPP {
  /// On MobileNetV3.
  public static let lraspp_mobilenet_v3_large = Architecture(
    name: "lraspp_mobilenet_v3_large"
  ) { classes, normLayer in
    var builder = GraphBuilder(normLayer: normLayer)
    let (low, high) = builder.dilatedMobileNet()
    let value = builder.convolutionNormActivation(
      "classifier.cbr", high, to: 128, kernel: 1, .relu)
    var scale = builder.adaptiveAveragePool("classifier.scale.0", high, to: 1)
    scale = builder.convolution("classifier.scale.1", scale, to: 128, kernel: 1)
    scale = builder.activation("classifier.scale.2", scale, .sigmoid)
    let product = builder.product("classifier.mul", value, scale)
    let lowClasses = builder.convolution(
      "classifier.low_classifier", low, to: classes, kernel: 1, hasBias: true)
    let upsampled = builder.upsampled("classifier.upsampled", product, like: low)
    let highClasses = builder.convolution(
      "classifier.high_classifier", upsampled, to: classes, kernel: 1, hasBias: true)
    let sum = builder.sum("classifier.add", lowClasses, highClasses)
    let output = builder.upsampled("out", sum, like: GraphBuilder.image)
    return builder.graph(named: "lraspp_mobilenet_v3_large", output: output)
  }
}

extension GraphBuilder {
  /// The backbone of models that classify each pixel: MobileNetV3 with its last blocks dilated, whose
  /// BatchNorms have settings of their own.
  ///
  /// - Returns: a value of an eighth of the image's size and the last.
  mutating func dilatedMobileNet() -> (low: Value, high: Value) {
    (eps, momentum) = (0.001, 0.01)
    defer { (eps, momentum) = (nil, nil) }
    let rows = MobileNetV3.largeRows
    let values = mobileStages(rows, in: "backbone", dilation: 2)
    return (values[4], values[rows.count + 1])
  }
}
