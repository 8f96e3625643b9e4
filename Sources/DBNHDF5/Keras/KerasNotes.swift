internal import DBNTensors

/// Notes on using the weights of a Keras model in PyTorch: where modules with PyTorch's defaults
/// compute something else.
struct KerasNotes {
  /// Layers whose `epsilon` is not the default of PyTorch's module, by class and value; nil if the
  /// file does not have it.
  private var epsilons: [(module: Module, epsilon: Double?, count: Int)] = []
  /// The number of recurrent layers.
  private var recurrenceCount = 0
  /// The norms that have either a weight or a bias but not both.
  private var partial: [(kind: String, name: String, missing: String)] = []

  /// A normalising module of PyTorch, except BatchNorm, whose epsilon is stored.
  private enum Module: String {
    case layerNorm = "LayerNorm"
    case groupNorm = "GroupNorm"
    case rmsNorm = "RMSNorm"

    /// The default epsilon of PyTorch's module; nil for the machine epsilon of the tensor's type.
    var pyTorchDefault: Double? { self == .rmsNorm ? nil : 1e-5 }

    var kerasDefault: Double { self == .rmsNorm ? 1e-6 : 1e-3 }

    var pyTorchDefaultText: String {
      pyTorchDefault.map { "\($0)" } ?? "torch.finfo(x.dtype).eps"
    }
  }

  mutating func add(_ layer: KerasLayer, _ kind: KerasClass, _ roles: [KerasRole]) {
    addPartial(layer, kind, roles)
    switch kind {
    case .layerNormalization: addEpsilon(of: layer, .layerNorm)
    case .groupNormalization: addEpsilon(of: layer, .groupNorm)
    case .rmsNormalization: addEpsilon(of: layer, .rmsNorm)
    case .recurrence: recurrenceCount += layer.isReverse ? 0 : 1
    default: break
    }
  }

  private mutating func addPartial(
    _ layer: KerasLayer, _ kind: KerasClass, _ roles: [KerasRole]
  ) {
    let (hasWeight, hasBias) = (roles.contains(.weight), roles.contains(.bias))
    guard hasWeight != hasBias else { return }
    let name: String? =
      switch kind {
      case .batchNormalization: "BatchNorm"
      // LayerNorm(bias=False) has only a weight.
      case .layerNormalization where hasBias: "LayerNorm"
      case .groupNormalization: "GroupNorm"
      default: nil
      }
    if let name { partial.append((name, layer.name, hasWeight ? "bias" : "weight")) }
  }

  private mutating func addEpsilon(of layer: KerasLayer, _ module: Module) {
    let epsilon = layer.configuration?.epsilon
    if let epsilon, epsilon == module.pyTorchDefault { return }
    let index = epsilons.firstIndex { $0.module == module && $0.epsilon == epsilon }
    if let index {
      epsilons[index].count += 1
    } else {
      epsilons.append((module, epsilon, 1))
    }
  }

  func sentences(_ facts: KerasFacts) -> [Guidance] {
    var notes = epsilons.map { Guidance(Self.sentence($0.module, $0.epsilon, $0.count)) }
    for kind in ["BatchNorm", "LayerNorm", "GroupNorm"] {
      let layers = partial.filter { $0.kind == kind }
      guard let first = layers.first else { continue }
      notes.append(
        "\(counted(layers.count, kind)) \(layers.count == 1 ? "has" : "have") a weight or a bias "
          + "but not both ('\(first.name.visible())' has no \(first.missing)); PyTorch's have both "
          + "or neither: "
          + (kind == "BatchNorm" ? "add them with \(.completingBatchNorms), or " : "")
          + "load the state dict with strict=False into a new model, whose weights are 1 "
          + "and biases 0")
    }
    if recurrenceCount > 0 {
      notes.append(
        "\(recurrenceCount) recurrent layer\(recurrenceCount == 1 ? "" : "s"): Keras' inputs are "
          + "[batch, time, features]; make PyTorch's modules with batch_first=True")
    }
    if let configuration = facts.configuration {
      notes += KerasOrder(configuration).sentences.map { Guidance($0) }
    } else {
      let sentence = KerasOrder.sentence(withoutConfiguration: facts.flatteningLayers)
      if let sentence { notes.append(Guidance(sentence)) }
    }
    return notes
  }

  private static func sentence(_ module: Module, _ epsilon: Double?, _ count: Int) -> String {
    let (s, it) = count == 1 ? ("", "it") : ("s", "them")
    guard let epsilon else {
      let keras = module.kerasDefault
      return "the file does not say the epsilon of \(count) \(module.rawValue)\(s): it is likely "
        + "Keras' default, \(keras), where PyTorch's is \(module.pyTorchDefaultText); check the "
        + "code of the model and, if it is, make PyTorch's module\(s) with eps=\(keras)"
    }
    return "\(count) \(module.rawValue)\(count == 1 ? " has" : "s have") epsilon \(epsilon); "
      + "PyTorch's default is \(module.pyTorchDefaultText): make \(it) with eps=\(epsilon)"
  }
}

extension KerasOrder {
  var sentences: [String] {
    var notes: [String] = []
    for dimensions in [2, 1, 3, nil] {
      let found = flattenings.filter { $0.dimensions == dimensions }
      if let first = found.first { notes.append(Self.sentence(first, found.count)) }
    }
    var shapes: Set<[Int]> = []
    for reshaping in reshapings where shapes.insert(reshaping.shape).inserted {
      notes.append(Self.sentence(reshaping))
    }
    return notes
  }

  private static func sentence(_ first: Flattening, _ count: Int) -> String {
    let start =
      "\(count) layer\(count == 1 ? " flattens or reshapes" : "s flatten or reshape") the input of "
      + "layers with weights ('\(first.consumer.visible())' follows '\(first.layer.visible())'): "
    switch first.dimensions {
    case .some(let dimensions):
      let space = spaceNames[dimensions] ?? ""
      return start + "Keras does so in the order \(space), channels, and PyTorch in the order "
        + "channels, \(space); use x.permute(\(channelsLast(dimensions))) before such a layer"
    case nil: return start + condition
    }
  }

  /// - Parameter layers: layers recognised by name, in a file that does not show what precedes
  ///   them.
  static func sentence(withoutConfiguration layers: [String]) -> String? {
    guard let first = layers.first else { return nil }
    return
      "\(layers.count) layer\(layers.count == 1 ? " flattens or reshapes" : "s flatten or reshape") "
      + "('\(first.visible())'), and the file does not say what comes before: " + condition
      + "; and where a vector becomes an image of height h, width w and c channels, use "
      + "x.reshape(-1, h, w, c).permute(\(channelsFirst(2)))"
  }

  private static let condition =
    "if their input has channels and spatial dimensions, Keras has the channels last, and PyTorch "
    + "first; then use x.permute(\(channelsLast(2))) for images, or x.permute(\(channelsLast(1))) "
    + "for one spatial dimension, before such a layer"

  private static func sentence(_ reshaping: Reshaping) -> String {
    let dimensions = reshaping.shape.count - 1
    let sizes = reshaping.shape.map { "\($0)" }.joined(separator: ", ")
    let batch = reshaping.shape.contains(-1) ? "len(x)" : "-1"
    return
      "'\(reshaping.layer.visible())' reshapes, before '\(reshaping.consumer.visible())', to the "
      + "order \(spaceNames[dimensions] ?? ""), channels: in PyTorch use "
      + "x.reshape(\(batch), \(sizes)).permute(\(channelsFirst(dimensions)))"
  }

  private static let spaceNames = [1: "length", 2: "height, width", 3: "depth, height, width"]

  /// The axes of PyTorch in Keras' order: 0, 2, 3, 1.
  private static func channelsLast(_ dimensions: Int) -> String {
    ([0] + Array(2..<2 + dimensions) + [1]).map { "\($0)" }.joined(separator: ", ")
  }

  /// The axes of Keras in PyTorch's order: 0, 3, 1, 2.
  private static func channelsFirst(_ dimensions: Int) -> String {
    ([0, dimensions + 1] + Array(1..<1 + dimensions)).map { "\($0)" }.joined(separator: ", ")
  }
}
