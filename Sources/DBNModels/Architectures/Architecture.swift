public import DBNTensors

/// A named model of torchvision, with any kind of BatchNorm.
///
/// Calling it returns the model's graph: `ResNet.resnet50(classes: 10)`.
public struct Architecture: Sendable {
  /// torchvision's name: `resnet50`.
  public let name: String
  /// The names of modules that serve training alone, for more outputs. Weights may have their
  /// tensors; the graph does not use them.
  public let auxiliaryHeads: [String]
  /// What weights do not show of a model, and how the graph decides it, one sentence each.
  public let notes: [Guidance]
  private let make: @Sendable (Int, any NormLayer) -> Graph

  init(
    name: String, auxiliaryHeads: [String] = [], notes: [Guidance] = [],
    _ make: @escaping @Sendable (Int, any NormLayer) -> Graph
  ) {
    self.name = name
    self.auxiliaryHeads = auxiliaryHeads
    self.notes = notes
    self.make = make
  }

  /// The graph of the model.
  ///
  /// - Parameters:
  ///   - classes: the size of the last layer.
  ///   - normLayer: makes its BatchNorms: `BatchNorm2d`, `DistributedBatchNorm2d`.
  public func callAsFunction(
    classes: Int = 1000, normLayer: any NormLayer = BatchNorm2d()
  ) -> Graph {
    make(classes, normLayer)
  }

  /// All known architectures. To add one, define it in a file and list it here.
  public static let all: [Architecture] =
    ResNet.all + VGG.all + DenseNet.all + [MobileNetV2.mobilenet_v2] + MobileNetV3.all
    + MNASNet.all + EfficientNet.all + RegNet.all + ShuffleNetV2.all
    + [GoogLeNet.googlenet, InceptionV3.inception_v3] + VideoResNet.all + [S3D.s3d] + FCN.all
    + DeepLabV3.all + [LRASPP.lraspp_mobilenet_v3_large, MaxViT.maxvit_t]

  /// The architecture with this name.
  public static func named(_ name: String) -> Architecture? {
    all.first { $0.name == name }
  }
}
