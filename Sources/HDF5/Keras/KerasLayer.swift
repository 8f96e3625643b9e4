internal import Tensors

/// The variables of one layer.
struct KerasLayer {
  struct Variable {
    /// The key in the state dict.
    let name: String
    /// `kernel`, `gamma`; or the number, where that is all the file says.
    let role: String
    let tensor: Tensor
  }

  /// What the module is called in PyTorch: the names of the layers from the outermost on.
  let name: String
  private(set) var variables: [Variable] = []

  /// The layer's own name, without the number that tells it from others of its class.
  var className: String {
    let last = name.split(separator: ".").last ?? ""
    let parts = last.split(separator: "_")
    guard parts.count > 1, let number = parts.last, number.allSatisfy(\.isNumber) else {
      return String(last)
    }
    return parts.dropLast().joined(separator: "_")
  }

  /// The layers in the order of their first variables. What the optimizer keeps is not among them.
  static func layers(of stateDict: StateDict) -> [KerasLayer] {
    var layers: [KerasLayer] = []
    var places: [String: Int] = [:]
    for (name, tensor) in stateDict.tensors {
      guard let (layer, role) = place(of: name) else { continue }
      let place = places[layer] ?? layers.count
      if place == layers.count {
        places[layer] = place
        layers.append(KerasLayer(name: layer))
      }
      layers[place].variables.append(Variable(name: name, role: role, tensor: tensor))
    }
    return layers
  }

  private init(name: String) {
    self.name = name
  }

  /// The layer and the role that a key names.
  private static func place(of key: String) -> (layer: String, role: String)? {
    var parts = key.split(separator: ".").map(String.init)
    guard let last = parts.popLast(), let first = parts.first,
      !["optimizer", "optimizer_weights"].contains(first)
    else { return nil }
    if parts.last == "vars" {
      parts.removeLast()
      return (parts.filter { $0 != "layers" }.joined(separator: "."), last)
    }
    if first == "model_weights" { parts.removeFirst() }
    // TensorFlow numbers the outputs of operations: `kernel:0`.
    let role = last.split(separator: ":").first.map(String.init) ?? last
    // A layer's group has groups of its own, by the path of its scope, which ends with its name.
    if let layer = parts.first, parts.count > 1, parts.last == layer { parts = [layer] }
    return parts.isEmpty ? nil : (parts.joined(separator: "."), role)
  }
}
