internal import DBNTensors

/// The variables of one layer.
struct KerasLayer {
  struct Variable {
    /// The key in the state dict.
    let name: String
    /// `kernel`, `gamma`; or a number if the file numbers variables.
    let role: String
    let tensor: Tensor
  }

  /// What is known about a layer's class.
  enum Kind {
    case known(KerasClass)
    /// The name of a class whose weights correspond to no module of PyTorch.
    case other(String)
    /// The name of a user-defined class, whose code determines the meaning of its weights.
    case foreign(String)
    case unknown
  }

  /// The module's name in PyTorch: the names of the layers, outermost first.
  fileprivate(set) var name: String
  /// The module's name in the file: the keys without the variables' own names.
  let key: String
  /// The name that is inferred from the key alone, which is unique.
  fileprivate let groupName: String
  let kind: Kind
  /// The layer in the model's configuration, if the file has one and it lists the layer.
  private(set) var configuration: KerasConfiguration.Layer?
  /// Whether it is the part of a bidirectional layer that reads its input from the end.
  let isReverse: Bool
  private(set) var variables: [Variable] = []

  /// Whether the file numbers the variables.
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

  /// Whether it is a BatchNormalization, even if the roles of its variables are unknown.
  var isBatchNormalization: Bool {
    if case .known(.batchNormalization) = kind { return true }
    if case .known(_, .batchNormalization) = KerasRoles(self) { return true }
    return hasVariablesOfBatchNorm
  }

  /// Whether its variables are those of a BatchNorm, whatever its class, so that classes derived
  /// from Keras' are found too.
  private var hasVariablesOfBatchNorm: Bool {
    guard isNumbered else { return variables.contains { $0.role == KerasVariableName.movingMean } }
    guard case .foreign = kind else { return false }
    let shapes = variables.map(\.tensor.shape)
    return shapes.count == 4 && shapes.allSatisfy { $0.count == 1 && $0 == shapes[0] }
  }

  /// The layers in the order of their first variables, without the optimizer's variables.
  static func layers(of stateDict: StateDict) -> [KerasLayer] {
    let facts = KerasFacts(stateDict)
    var layers: [KerasLayer] = []
    var indices: [String: Int] = [:]
    for (name, tensor) in stateDict.tensors {
      guard let variable = VariableKey(of: name) else { continue }
      let place = "\(variable.layer)/\(variable.direction == .backward)"
      let index = indices[place] ?? layers.count
      if index == layers.count {
        indices[place] = index
        layers.append(KerasLayer(variable, facts))
      }
      layers[index].variables.append(
        Variable(name: name, role: variable.role, tensor: tensor))
    }
    return layers.withDistinctNames
  }

  /// The layer as if the file had this configuration.
  func with(_ configuration: KerasConfiguration.Layer) -> KerasLayer {
    var result = self
    result.configuration = configuration
    return result
  }

  private init(_ first: VariableKey, _ facts: KerasFacts) {
    name = facts.name(of: first)
    groupName = first.layer
    isReverse = first.direction == .backward
    key = first.key
    (kind, configuration) = facts.kind(of: first)
  }
}

extension [KerasLayer] {
  /// The layers with other names for those that share one: layers that are not part of a model's list
  /// may have the same.
  fileprivate var withDistinctNames: [KerasLayer] {
    // The two directions of a layer have one name.
    let counts = reduce(into: [String: Int]()) { $0[$1.name, default: 0] += $1.isReverse ? 0 : 1 }
    guard counts.contains(where: { $0.value > 1 }) else { return self }
    return map { layer in
      guard counts[layer.name, default: 0] > 1 else { return layer }
      var renamed = layer
      renamed.name = layer.groupName
      return renamed
    }
  }
}

extension KerasLayer {
  /// The layer and the role in a key.
  struct VariableKey {
    let layer: String
    /// The key without the variable's own name, and without the group of numbered variables.
    let key: String
    let role: String
    /// Whether the file numbers the variables.
    let isNumbered: Bool
    /// Whether the layer is in a list of layers, in which Keras names each after its class.
    let isNamedByClass: Bool

    /// The names of the groups that the layer's name comes from: those in `key`, without the cell and
    /// the direction of a recurrent layer.
    let groups: [String]
    /// Whether the variable is of the cell of a recurrent layer.
    let isOfCell: Bool
    let direction: Direction?
    /// The name of the layer inside a bidirectional one, if the key has it.
    let directedName: String?

    enum Direction { case forward, backward }

    /// The names in `layer`.
    var path: [String] {
      layer.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    init?(of name: String) {
      guard let plain = PlainKey(of: name) else { return nil }
      (key, role, isNumbered) = (plain.key, plain.role, plain.isNumbered)
      isNamedByClass = plain.isNamedByClass
      var (names, groups) = (
        plain.names, plain.key.split(separator: ".", omittingEmptySubsequences: false)
      )
      func dropLast() {
        names.removeLast()
        groups.removeLast()
      }
      isOfCell = names.count > 1 && Self.isCell(names[names.count - 1])
      if isOfCell { dropLast() }
      var direction: (Direction, name: String)?
      if names.count > 1 {
        for (prefix, found) in [("forward_", Direction.forward), ("backward_", .backward)]
        where isOfCell && names[names.count - 1].hasPrefix(prefix) {
          let name = String(names[names.count - 1].dropFirst(prefix.count))
          // An attribute's name in files that number variables, otherwise that of the layer inside.
          if name == "layer" || !isNumbered { direction = (found, name) }
        }
      }
      if direction != nil { dropLast() }
      (self.direction, directedName) = (direction?.0, direction?.name)
      self.groups = groups.map(String.init)
      layer = names.joined(separator: ".")
    }

    /// Whether a name is that of the cell in a recurrent layer: the attribute's, or one that Keras
    /// generated.
    private static func isCell(_ name: String) -> Bool {
      name == "cell" || ["lstm_cell", "gru_cell"].contains(KerasClass.withoutNumber(name))
    }
  }

  /// The parts of a key as the file has them.
  private struct PlainKey {
    let names: [String]
    let key: String
    let role: String
    let isNumbered: Bool
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
        names = parts.filter { $0 != KerasFile.layerList }
        role = last
        return
      }
      key = parts.joined(separator: ".")
      (isNumbered, isNamedByClass) = (false, false)
      if first == KerasFile.modelWeights { parts.removeFirst() }
      // TensorFlow numbers the outputs of operations: `kernel:0`.
      let variable = last.split(separator: ":").first.map(String.init) ?? last
      // Inside a layer's group the path of its scope repeats the layer's name.
      if let layer = parts.first, let again = parts.dropFirst().firstIndex(of: layer) {
        parts.removeSubrange(1...again)
      }
      guard let name = parts.last else { return nil }
      names = parts
      let old =
        variable.hasPrefix("\(name)_")
        ? KerasVariableName.keras1(variable.dropFirst(name.count + 1)) : nil
      role = old ?? variable
    }
  }
}
