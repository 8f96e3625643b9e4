internal import DBNTensors

/// The classes of Keras layers that correspond to a module of PyTorch with the same weights.
enum KerasClass: Hashable {
  case batchNormalization
  case layerNormalization
  case groupNormalization
  case rmsNormalization
  case dense
  case embedding
  /// A convolution with this number of spatial dimensions.
  case convolution(Int)
  case transposedConvolution(Int)
  case depthwiseConvolution(Int)
  case separableConvolution(Int)
  case recurrence(KerasRecurrence)

  /// Finds a class by its name.
  init?(className: String) {
    guard let found = Self.byClassName[className] else { return nil }
    self = found
  }

  /// Finds a class by the name that Keras generates for an unnamed layer: the class name in snake
  /// case, with a number after the first of a class.
  init?(generatedName: String) {
    guard let found = Self.byGeneratedName[Self.withoutNumber(generatedName)] else { return nil }
    self = found
  }

  /// The name of another Keras class with this generated name: one whose weights correspond to no
  /// module of PyTorch.
  static func otherClass(generatedName: String) -> String? {
    others[withoutNumber(generatedName)]
  }

  /// Whether a name is one that Keras generates for a known class.
  static func isGenerated(_ name: String) -> Bool {
    KerasClass(generatedName: name) != nil || otherClass(generatedName: name) != nil
  }

  /// Whether it is a class of Keras for which PyTorch has no module with the same weights.
  static func isOther(_ className: String) -> Bool { otherClassNames.contains(className) }

  /// Whether a name is one that Keras generates for a layer that flattens or reshapes.
  static func isFlattening(_ name: String) -> Bool {
    ["flatten", "reshape"].contains(withoutNumber(name))
  }

  private static let byClassName: [String: KerasClass] = {
    var names: [String: KerasClass] = [
      "BatchNormalization": .batchNormalization, "SyncBatchNormalization": .batchNormalization,
      "LayerNormalization": .layerNormalization, "GroupNormalization": .groupNormalization,
      "RMSNormalization": .rmsNormalization, "Dense": .dense, "Embedding": .embedding,
      "LSTM": .recurrence(.lstm), "GRU": .recurrence(.gru),
    ]
    for dimensions in 1...3 {
      names["Conv\(dimensions)D"] = .convolution(dimensions)
      // The name in Keras 1.
      names["Convolution\(dimensions)D"] = .convolution(dimensions)
      names["Conv\(dimensions)DTranspose"] = .transposedConvolution(dimensions)
    }
    for dimensions in 1...2 {
      names["DepthwiseConv\(dimensions)D"] = .depthwiseConvolution(dimensions)
      names["SeparableConv\(dimensions)D"] = .separableConvolution(dimensions)
    }
    return names
  }()

  private static let byGeneratedName = Dictionary(
    uniqueKeysWithValues: byClassName.map { (snakeCase($0.key), $0.value) } + [
      ("batchnormalization", .batchNormalization)
    ])

  private static let otherClassNames: Set<String> = [
    "EinsumDense", "MultiHeadAttention", "GroupQueryAttention", "Attention", "AdditiveAttention",
    "LSTMCell", "GRUCell", "SimpleRNN", "SimpleRNNCell", "RNN", "StackedRNNCells",
    "ConvLSTM1D", "ConvLSTM1DCell", "ConvLSTM2D", "ConvLSTM2DCell", "ConvLSTM3D",
    "ConvLSTM3DCell", "Bidirectional", "PReLU", "LocallyConnected1D", "LocallyConnected2D",
    "Normalization", "UnitNormalization", "SpectralNormalization", "ReversibleEmbedding",
  ]

  private static let others = Dictionary(
    uniqueKeysWithValues: otherClassNames.map { (snakeCase($0), $0) })

  /// Keras' `to_snake_case`: an underscore before each capital that ends or starts a word.
  static func snakeCase(_ name: String) -> String {
    let letters = Array(name)
    var result = ""
    for (index, letter) in letters.enumerated() {
      let beginsWord = index + 1 < letters.count && letters[index + 1].isLowercase
      let endsWord = index > 0 && letters[index - 1].isLowercase
      if letter.isUppercase, index > 0, beginsWord || endsWord { result += "_" }
      result += letter.lowercased()
    }
    return result
  }

  static func withoutNumber(_ name: String) -> String {
    guard let end = name.lastIndex(of: "_"), name.index(after: end) < name.endIndex,
      name[name.index(after: end)...].allSatisfy(\.isNumber)
    else { return name }
    return String(name[..<end])
  }
}

extension KerasClass {
  /// Whether a layer of this class has a kernel, and is constructed with its number of outputs.
  var isSizedByNumber: Bool {
    switch self {
    case .dense, .convolution, .transposedConvolution, .depthwiseConvolution,
      .separableConvolution, .recurrence:
      true
    case .batchNormalization, .layerNormalization, .groupNormalization, .rmsNormalization,
      .embedding:
      false
    }
  }

  /// One variable of a layer.
  struct Variable {
    /// Keras' names for it; some variables have had two.
    let names: [String]
    let role: KerasRole
    /// Whether a layer of this class always has it.
    let isRequired: Bool

    init(_ names: [String], _ role: KerasRole, isRequired: Bool = true) {
      self.names = names
      self.role = role
      self.isRequired = isRequired
    }
  }

  /// The variables in the order in which a layer creates them.
  var variables: [Variable] {
    typealias Name = KerasVariableName
    let scaleAndOffset = [
      Variable([Name.gamma], .weight, isRequired: false),
      Variable([Name.beta], .bias, isRequired: false),
    ]
    let bias = Variable([Name.bias], .bias, isRequired: false)
    switch self {
    case .batchNormalization:
      return scaleAndOffset + [
        Variable([Name.movingMean], .runningMean),
        Variable([Name.movingVariance], .runningVariance),
      ]
    case .layerNormalization, .groupNormalization: return scaleAndOffset
    case .rmsNormalization: return [Variable([Name.scale], .weight)]
    case .embedding: return [Variable([Name.embeddings, Name.kernel], .weight)]
    case .dense, .convolution, .transposedConvolution:
      return [Variable([Name.kernel], .kernel("weight")), bias]
    case .depthwiseConvolution:
      return [Variable([Name.depthwiseKernel, Name.kernel], .depthwiseKernel("weight")), bias]
    case .separableConvolution:
      return [
        Variable([Name.depthwiseKernel], .depthwiseKernel("depthwise.weight")),
        Variable([Name.pointwiseKernel], .kernel("pointwise.weight")),
        Variable([Name.bias], .pointwiseBias, isRequired: false),
      ]
    case .recurrence(let recurrence):
      return [
        Variable([Name.kernel], .recurrentKernel(recurrence, "weight_ih_l0")),
        Variable([Name.recurrentKernel], .recurrentKernel(recurrence, "weight_hh_l0")),
        Variable([Name.bias], .recurrentBias(recurrence), isRequired: false),
      ]
    }
  }

  /// The reason why these tensors can't belong to such a layer. It is nil if they all have the same
  /// floating-point type, and the shapes of a layer of this class.
  func objection(to tensors: [(role: KerasRole, tensor: Tensor)]) -> String? {
    if let other = tensors.first(where: { !$0.tensor.scalarType.isFloatingPoint }) {
      return
        "its weights are \(other.tensor.scalarType.name): PyTorch has no such quantised layer"
    }
    guard Set(tensors.map(\.tensor.scalarType)).count <= 1 else {
      return "its weights are of several types"
    }
    return hasShapes(of: tensors) ? nil : "its shapes are not those of its class"
  }

  private func hasShapes(of tensors: [(role: KerasRole, tensor: Tensor)]) -> Bool {
    let shapes = tensors.map(\.tensor.shape)
    guard let first = shapes.first else { return false }
    /// Whether the kernel has `rank` axes, and the bias, if there is one, an element for each
    /// output.
    func fits(rank: Int, outputs: Int?, biasAt index: Int = 1) -> Bool {
      guard first.count == rank, let outputs else { return false }
      return shapes.count == index || shapes[index] == [outputs]
    }
    switch self {
    case .batchNormalization, .layerNormalization, .groupNormalization, .rmsNormalization:
      return shapes.allSatisfy { $0.count == 1 && $0 == first }
    case .embedding: return first.count == 2
    case .dense: return fits(rank: 2, outputs: first.last)
    case .convolution(let dimensions): return fits(rank: dimensions + 2, outputs: first.last)
    case .transposedConvolution(let dimensions):
      return fits(rank: dimensions + 2, outputs: first.dropLast().last)
    case .depthwiseConvolution(let dimensions):
      return fits(rank: dimensions + 2, outputs: first.depthwiseOutputs)
    case .separableConvolution(let dimensions):
      guard shapes.count > 1, let inputs = first.depthwiseOutputs else { return false }
      let points = Array(repeating: 1, count: dimensions) + [inputs]
      return Array(shapes[1].dropLast()) == points
        && fits(rank: dimensions + 2, outputs: shapes[1].last, biasAt: 2)
    case .recurrence(let recurrence):
      guard shapes.count > 1, first.count == 2, shapes[1].count == 2 else { return false }
      let (product, overflow) = shapes[1][0].multipliedReportingOverflow(by: recurrence.gateCount)
      let bias = recurrence == .lstm ? [product] : [2, product]
      return !overflow && first[1] == product && shapes[1][1] == product
        && (shapes.count == 2 || shapes[2] == bias)
    }
  }
}

extension [Int] {
  /// The number of outputs of a depthwise convolution's kernel [space..., in, multiplier]; nil if
  /// the kernel does not have this form, or the number overflows.
  var depthwiseOutputs: Int? {
    guard count > 2 else { return nil }
    let (outputs, overflow) = self[count - 2].multipliedReportingOverflow(by: self[count - 1])
    return overflow ? nil : outputs
  }
}
