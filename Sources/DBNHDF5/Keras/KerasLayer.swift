internal import DBNTensors

/// The variables of one layer.
struct KerasLayer {
  struct Variable {
    /// The key in the state dict.
    let name: String
    /// `kernel`, `gamma`; or the number, where that is all the file says.
    let role: String
    let tensor: Tensor
  }

  /// What the file says a layer is.
  enum Kind {
    case known(KerasClass)
    /// A class whose weights no module of PyTorch has in such a form, by its name.
    case other(String)
    /// A class of the user's own, whose weights mean what its code says.
    case foreign(String)
    case unknown
  }

  /// What the module is called in PyTorch: the names of the layers from the outermost on.
  let name: String
  /// What the module is called in the file: the keys without the variables' own names.
  let key: String
  let kind: Kind
  /// The layer in the model's configuration, where the file has one that lists it.
  let configuration: KerasConfiguration.Layer?
  private(set) var variables: [Variable] = []

  /// Whether the file has only numbers for the variables.
  var isNumbered: Bool { variables.allSatisfy { $0.role.allSatisfy(\.isNumber) } }

  /// The kernel and the bias, if it has nothing else.
  var kernelAndBias: [Tensor]? {
    guard variables.count <= 2,
      let kernel = variables.first(where: { $0.role == KerasVariableName.kernel })
    else {
      return nil
    }
    return [kernel.tensor] + variables.filter { $0.role == KerasVariableName.bias }.map(\.tensor)
  }

  /// Whether it is one, even if its variables can't be told from each other.
  var isBatchNormalization: Bool {
    if case .known(.batchNormalization) = kind { return true }
    if case .known(_, .batchNormalization) = KerasRoles(self) { return true }
    return hasVariablesOfBatchNorm
  }

  /// Whether its variables are those of a BatchNorm, whatever the class: one that a user has made of
  /// Keras' is found by them.
  private var hasVariablesOfBatchNorm: Bool {
    guard isNumbered else { return variables.contains { $0.role == KerasVariableName.movingMean } }
    guard case .foreign = kind else { return false }
    let shapes = variables.map(\.tensor.shape)
    return shapes.count == 4 && shapes.allSatisfy { $0.count == 1 && $0 == shapes[0] }
  }

  /// The layers in the order of their first variables. What the optimizer keeps is not among them.
  static func layers(of stateDict: StateDict) -> [KerasLayer] {
    let facts = KerasFacts(stateDict)
    var layers: [KerasLayer] = []
    var places: [String: Int] = [:]
    for (name, tensor) in stateDict.tensors {
      guard let variable = Place(of: name) else { continue }
      let place = places[variable.layer] ?? layers.count
      if place == layers.count {
        places[variable.layer] = place
        layers.append(KerasLayer(variable, facts))
      }
      layers[place].variables.append(
        Variable(name: name, role: variable.role, tensor: tensor))
    }
    return layers
  }

  private init(_ place: Place, _ facts: KerasFacts) {
    name = place.layer
    key = place.key
    (kind, configuration) = facts.kind(of: place)
  }
}

extension KerasLayer {
  /// The layer and the role that a key names.
  struct Place {
    let layer: String
    /// The key without the variable's own name, and without the group of numbered variables.
    let key: String
    let role: String
    /// Whether the file numbers the variables.
    let isNumbered: Bool
    /// Whether the layer is one of a list of layers, in which Keras names each by its class.
    let isNamedByClass: Bool

    init?(of name: String) {
      var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      guard let last = parts.popLast(), let first = parts.first,
        !["optimizer", "optimizer_weights"].contains(first)
      else { return nil }
      if parts.last == KerasFile.variables {
        parts.removeLast()
        key = parts.joined(separator: ".")
        isNumbered = true
        isNamedByClass = parts.dropLast().last == KerasFile.layerList
        layer = parts.filter { $0 != KerasFile.layerList }.joined(separator: ".")
        role = last
        return
      }
      key = parts.joined(separator: ".")
      (isNumbered, isNamedByClass) = (false, false)
      if first == KerasFile.modelWeights { parts.removeFirst() }
      // TensorFlow numbers the outputs of operations: `kernel:0`.
      role = last.split(separator: ":").first.map(String.init) ?? last
      // A layer's group has groups of its own, by the path of its scope, in which its name is again.
      if let layer = parts.first, let again = parts.dropFirst().firstIndex(of: layer) {
        parts.removeSubrange(1...again)
      }
      guard !parts.isEmpty else { return nil }
      layer = parts.joined(separator: ".")
    }
  }
}
