internal import Tensors

/// What a person should know to use the weights of a Keras model in PyTorch: where modules that are
/// made with PyTorch's defaults compute something else.
struct KerasNotes {
  /// Layers whose `epsilon` is not the one that PyTorch's module has by default, by class and value.
  private var epsilons: [(module: String, epsilon: Double, count: Int)] = []
  /// The names of BatchNorms that have a weight or a bias, and not both.
  private var partial: [(name: String, missing: String)] = []

  mutating func add(_ layer: KerasLayer, _ kind: KerasClass, _ roles: [KerasRole]) {
    switch kind {
    case .layerNormalization: addEpsilon(of: layer, "LayerNorm")
    case .groupNormalization: addEpsilon(of: layer, "GroupNorm")
    case .batchNormalization where roles.contains(.weight) != roles.contains(.bias):
      partial.append((layer.name, roles.contains(.weight) ? "bias" : "weight"))
    default: break
    }
  }

  private mutating func addEpsilon(of layer: KerasLayer, _ module: String) {
    guard let epsilon = layer.configuration?.epsilon, epsilon != Self.defaultEpsilon else { return }
    let place = epsilons.firstIndex { $0.module == module && $0.epsilon == epsilon }
    if let place {
      epsilons[place].count += 1
    } else {
      epsilons.append((module, epsilon, 1))
    }
  }

  /// PyTorch's, of all modules that normalise.
  private static let defaultEpsilon = 1e-5

  func sentences(_ configuration: KerasConfiguration?) -> [String] {
    var notes = epsilons.map { module, epsilon, count in
      "\(count) \(module)\(count == 1 ? " has" : "s have") epsilon \(epsilon); PyTorch's default is "
        + "\(Self.defaultEpsilon): make \(count == 1 ? "it" : "them") with eps=\(epsilon)"
    }
    if let first = partial.first {
      notes.append(
        "\(partial.count) BatchNorm\(partial.count == 1 ? " has" : "s have") a weight or a bias and "
          + "not both ('\(first.name.visible())' has no \(first.missing)), PyTorch's have both or "
          + "neither: load the state dict with strict=False into a new model, whose weights are 1 "
          + "and biases 0")
    }
    let flattened = configuration?.flattened ?? []
    if let first = flattened.first {
      notes.append(
        "\(flattened.count) dense layer\(flattened.count == 1 ? " follows" : "s follow") a layer "
          + "that flattens ('\(first.dense.visible())' follows '\(first.flatten.visible())'): "
          + "Keras flattens images in the order height, width, channels, and PyTorch's nn.Flatten "
          + "channels, height, width; flatten x.permute(0, 2, 3, 1) before such a layer")
    }
    return notes
  }
}

extension KerasConfiguration {
  /// The dense layers that are given what another layer has flattened, perhaps by way of layers that
  /// keep the order.
  var flattened: [(dense: String, flatten: String)] {
    var found: [(dense: String, flatten: String)] = []
    // Models are nested, at most as deep as they were parsed.
    var models = [model]
    while let model = models.popLast() {
      for layer in model.children.layers where layer.className == "Dense" {
        if let flatten = model.flattening(before: layer) { found.append((layer.name, flatten)) }
      }
      models += model.children.layers.filter { !$0.children.layers.isEmpty }.reversed()
    }
    return found
  }
}

extension KerasConfiguration.Layer {
  /// The layer of this model that flattens what `layer` is given.
  fileprivate func flattening(before layer: Self) -> String? {
    var (current, steps) = (layer, 0)
    while let source = current.sources.first, let next = children[source],
      steps < children.layers.count
    {
      if next.className == "Flatten" || next.className == "Reshape" { return next.name }
      guard Self.orderKeeping.contains(next.className) else { return nil }
      (current, steps) = (next, steps + 1)
    }
    return nil
  }

  private static let orderKeeping: Set<String> = [
    "Dropout", "GaussianDropout", "GaussianNoise", "AlphaDropout", "Activation", "ReLU",
    "LeakyReLU", "ELU", "PReLU", "Softmax", "BatchNormalization", "LayerNormalization",
    "RMSNormalization", "UnitNormalization", "ActivityRegularization", "Identity",
  ]
}
