/// A model that is known by name: torchvision's, with a BatchNorm of one's choice.
public struct Architecture: Sendable {
  /// torchvision's name: `resnet50`.
  public let name: String
  private let make: @Sendable (Int, any NormLayer) -> Graph

  /// The graph of the model.
  ///
  /// - Parameter classes: the size of the last layer.
  public func callAsFunction(
    classes: Int = 1000, normLayer: any NormLayer = BatchNorm2d()
  ) -> Graph {
    make(classes, normLayer)
  }

  public static let all: [Architecture] =
    ResNet.configurations.map { configuration in
      Architecture(name: configuration.name) {
        ResNet.graph(configuration, classes: $0, normLayer: $1)
      }
    }
    + VGG.configurations.map { configuration in
      Architecture(name: configuration.name) {
        VGG.graph(configuration, classes: $0, normLayer: $1)
      }
    }
    + DenseNet.configurations.map { configuration in
      Architecture(name: configuration.name) {
        DenseNet.graph(configuration, classes: $0, normLayer: $1)
      }
    }
    + [
      Architecture(name: "mobilenet_v2") { MobileNetV2.graph(classes: $0, normLayer: $1) }
    ]

  /// The architecture of this name.
  public static func named(_ name: String) -> Architecture? {
    all.first { $0.name == name }
  }
}
