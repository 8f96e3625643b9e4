internal import DBNTensors

/// The variables of one layer.
struct KerasLayer {
  struct Variable {
    /// The key in the state dict.
    let name: String
    /// `kernel`, `gamma`; or the number, where the file only numbers variables.
    let role: String
    let tensor: Tensor
  }

  /// What is known of a layer's class.
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

  /// Whether it is a BatchNormalization, even if the roles of its variables are not known.
  var isBatchNormalization: Bool {
    if case .known(.batchNormalization) = kind { return true }
    if case .known(_, .batchNormalization) = KerasRoles(self) { return true }
    return hasVariablesOfBatchNorm
  }

  /// Whether its variables are those of a BatchNorm, whatever the class: so a class that
  /// a user derived from Keras' is found too.
  private var hasVariablesOfBatchNorm: Bool {
    guard isNumbered else { return variables.contains { $0.role == KerasVariableName.movingMean } }
    guard case .foreign = kind else { return false }
    let shapes = variables.map(\.tensor.shape)
    return shapes.count == 4 && shapes.allSatisfy { $0.count == 1 && $0 == shapes[0] }
  }

  /// The layers in the order of their first variables. The optimizer's variables are not among
  /// them.
  static func layers(of stateDict: StateDict) -> [KerasLayer] {
    let facts = KerasFacts(stateDict)
    var layers: [KerasLayer] = []
    var indices: [String: Int] = [:]
    for (name, tensor) in stateDict.tensors {
      guard let variable = VariableKey(of: name) else { continue }
      let index = indices[variable.layer] ?? layers.count
      if index == layers.count {
        indices[variable.layer] = index
        layers.append(KerasLayer(variable, facts))
      }
      layers[index].variables.append(
        Variable(name: name, role: variable.role, tensor: tensor))
    }
    return layers
  }

  private init(_ first: VariableKey, _ facts: KerasFacts) {
    name = first.layer
    key = first.key
    (kind, configuration) = facts.kind(of: first)
  }
}

extension KerasLayer {
  /// The layer and the role that a key names.
  struct VariableKey {
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
      // Inside a layer's group the path of its scope repeats the layer's name.
      if let layer = parts.first, let again = parts.dropFirst().firstIndex(of: layer) {
        parts.removeSubrange(1...again)
      }
      guard !parts.isEmpty else { return nil }
      layer = parts.joined(separator: ".")
    }
  }
}
