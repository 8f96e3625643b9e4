internal import DBNTensors

/// The layers of a Keras model that flatten or reshape values whose dimensions have another order
/// in PyTorch: channels come last in Keras, and before the spatial dimensions in PyTorch.
///
/// The layers are visited once, in the order of the configuration, in which Keras lists a layer
/// after those whose outputs it uses.
struct KerasOrder {
  /// A flattened value that is the input of a layer with weights.
  struct Flattening {
    let layer: String
    /// The first layer with weights that follows it.
    let consumer: String
    /// The number of spatial dimensions; nil if it is not in the configuration.
    let dimensions: Int?
  }

  /// A vector that is reshaped to an image before a spatial layer.
  struct Reshaping {
    let layer: String
    let consumer: String
    /// The shape without the batch; -1 for a size that is inferred.
    let shape: [Int]
  }

  private(set) var flattenings: [Flattening] = []
  private(set) var reshapings: [Reshaping] = []
  private var noted: Set<[Int]> = []
  private var count = 0

  init(_ configuration: KerasConfiguration) {
    _ = follow(configuration.model)
  }

  /// The order of the dimensions of a layer's output.
  fileprivate enum Arrangement: Equatable {
    /// The same as in PyTorch: vectors, sequences, reshaped values.
    case same
    /// A number of spatial dimensions, with channels last or first.
    case space(Int, isChannelsFirst: Bool)
    /// A single position with channels.
    case point
    case unknown
  }

  /// What is known about the output of a layer.
  private struct Output {
    var arrangement = Arrangement.unknown
    /// The layer that flattened it, with its number and the dimensions of its input.
    var flattened: (number: Int, layer: String, dimensions: Int?)?
    /// The layer that reshaped it from vectors.
    var reshaped: (number: Int, layer: String, shape: [Int])?
  }

  /// - Returns: the output of the last layer.
  private mutating func follow(_ model: KerasConfiguration.Layer) -> Output {
    let layers = model.children.layers
    var outputs: [Output] = []
    outputs.reserveCapacity(layers.count)
    for layer in layers {
      let inputs = layer.sources.map { name in
        model.children.index(of: name).flatMap { $0 < outputs.count ? outputs[$0] : nil }
          ?? Output()
      }
      var input = Self.together(inputs)
      if inputs.isEmpty || layer.className == "InputLayer" {
        input = Output(arrangement: layer.inputShape.map { Arrangement($0) } ?? .unknown)
      }
      outputs.append(output(of: layer, input))
    }
    return outputs.last ?? Output()
  }

  /// The combined input of a layer with several inputs.
  private static func together(_ inputs: [Output]) -> Output {
    var result = inputs.first ?? Output()
    for input in inputs.dropFirst() {
      if result.arrangement == .point { result.arrangement = input.arrangement }
      if input.arrangement != result.arrangement, input.arrangement != .point {
        result.arrangement = .unknown
      }
      result.flattened = result.flattened ?? input.flattened
      result.reshaped = result.reshaped ?? input.reshaped
    }
    return result
  }

  private mutating func output(of layer: KerasConfiguration.Layer, _ input: Output) -> Output {
    let name = layer.className
    if Self.wrappers.contains(name) {
      note(layer, input)
      for inner in layer.children.layers where !inner.children.layers.isEmpty { _ = follow(inner) }
      return Output(arrangement: name == "Bidirectional" ? .same : .unknown)
    }
    if !layer.children.layers.isEmpty {
      note(layer, input)
      return follow(layer)
    }
    if layer.isForeign {
      note(layer, input)
      return Output()
    }
    if name == "Flatten" || name == "Reshape" { return output(ofFlattening: layer, input) }
    if name == "InputLayer" { return input }
    if Self.orderKeeping.contains(name) { return input }
    if let dimensions = Self.dimensions(of: name) {
      note(layer, input)
      return Self.output(ofSpace: layer, dimensions)
    }
    return output(ofWeights: layer, input)
  }

  private mutating func output(
    ofFlattening layer: KerasConfiguration.Layer, _ input: Output
  ) -> Output {
    count += 1
    let shape = layer.targetShape
    var output = Output(arrangement: .same, flattened: input.flattened)
    switch input.arrangement {
    case .same, .point: break
    case .space(let dimensions, let isChannelsFirst):
      // Flatten moves channels to the end if its configuration says that they are first.
      if layer.isChannelsFirst, !isChannelsFirst {
        output.flattened = (count, layer.name, nil)
      } else if layer.isChannelsFirst || !isChannelsFirst {
        output.flattened = (count, layer.name, dimensions)
      }
    case .unknown: output.flattened = (count, layer.name, nil)
    }
    guard layer.className == "Reshape" else { return output }
    if shape.count > 1, shape.dropLast().allSatisfy({ $0 == 1 }) { output.arrangement = .point }
    if 2...4 ~= shape.count, shape.last != 1, output.arrangement == .same {
      output.reshaped = (count, layer.name, shape)
    }
    return output
  }

  private static func output(
    ofSpace layer: KerasConfiguration.Layer, _ dimensions: Int
  ) -> Output {
    if layer.className.hasPrefix("Global") {
      return Output(arrangement: layer.keepsDimensions ? .point : .same)
    }
    return Output(
      arrangement: .space(dimensions, isChannelsFirst: layer.isChannelsFirst))
  }

  /// The output of a layer that has, or may have, weights.
  private mutating func output(
    ofWeights layer: KerasConfiguration.Layer, _ input: Output
  ) -> Output {
    switch KerasClass(className: layer.className) {
    case .batchNormalization, .layerNormalization, .groupNormalization, .rmsNormalization:
      note(layer, input, isOfSpace: false)
      return input
    case .dense:
      note(layer, input, isOfSpace: false)
      guard case .space = input.arrangement else { return Output(arrangement: input.arrangement) }
      return Output()
    case .embedding: return Output(arrangement: .same)
    case .recurrence:
      note(layer, input, isOfSpace: false)
      return Output(arrangement: .same)
    default:
      guard KerasClass.isOther(layer.className) else { return Output() }
      note(layer, input, isOfSpace: false)
      return layer.className == "PReLU" ? input : Output(arrangement: .same)
    }
  }

  /// Notes the input of a layer with weights, once for each layer that flattened or reshaped it.
  private mutating func note(
    _ layer: KerasConfiguration.Layer, _ input: Output, isOfSpace: Bool = true
  ) {
    if let found = input.flattened, noted.insert([0, found.number]).inserted {
      flattenings.append(
        Flattening(layer: found.layer, consumer: layer.name, dimensions: found.dimensions))
    }
    if isOfSpace, !layer.isChannelsFirst, let found = input.reshaped,
      noted.insert([1, found.number]).inserted
    {
      reshapings.append(
        Reshaping(layer: found.layer, consumer: layer.name, shape: found.shape))
    }
  }

  /// The number of spatial dimensions in the name of a class: `Conv2D`, `MaxPooling1D`.
  private static func dimensions(of className: String) -> Int? {
    let suffix = "Transpose"
    let name = className.hasSuffix(suffix) ? className.dropLast(suffix.count) : className[...]
    guard name.hasSuffix("D"), !name.hasPrefix("ConvLSTM"),
      let digit = name.dropLast().last?.wholeNumberValue, 1...3 ~= digit
    else { return nil }
    return digit
  }

  private static let wrappers: Set<String> = [
    "TimeDistributed", "Bidirectional", "SpectralNormalization",
  ]

  private static let orderKeeping: Set<String> = [
    "Dropout", "GaussianDropout", "GaussianNoise", "AlphaDropout", "Activation", "ReLU",
    "LeakyReLU", "ELU", "Softmax", "UnitNormalization", "ActivityRegularization", "Identity",
    "Rescaling", "Normalization", "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum",
    "Concatenate",
  ]
}

extension KerasOrder.Arrangement {
  /// The arrangement of a model's input.
  ///
  /// - Parameter shape: the input's shape with the batch; nil for a size that is not given.
  fileprivate init(_ shape: [Int?]) {
    switch shape.count {
    case ...3: self = .same
    case 4...5:
      let isPoint = shape.last == 1 || shape.dropFirst().dropLast().allSatisfy { $0 == 1 }
      self = isPoint ? .point : .space(shape.count - 2, isChannelsFirst: false)
    default: self = .unknown
    }
  }
}
