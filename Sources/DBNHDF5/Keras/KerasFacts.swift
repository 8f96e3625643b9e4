internal import DBNTensors

/// A file's information about its layers besides their weights: the configuration of the model, and
/// the names of layers if the keys have other names. A state dict that was read from the file has
/// them as attributes, so that conversions keep them.
struct KerasFacts {
  /// The state dict's attribute with the names of layers: a mapping from a layer's key to its name.
  static let namesAttribute = "keras_layer_names"

  let configuration: KerasConfiguration?
  private let names: CheckpointDictionary?

  init(_ stateDict: StateDict) {
    let attributes = stateDict.dictionary.attributes
    func attribute(_ name: String) -> CheckpointValue? {
      attributes.first { $0.name == name }?.value
    }
    names = attribute(Self.namesAttribute)?.dictionary
    if case .string(let text)? = attribute(KerasConfiguration.attribute) {
      // If it is damaged, a note was made when the file was read.
      configuration = try? KerasConfiguration(parsing: text)
    } else {
      configuration = nil
    }
  }

  /// The keys of layers whose names show that they flatten or reshape.
  var flatteningLayers: [String] {
    (names?.entries ?? []).compactMap { entry in
      guard case .string(let name) = entry.value, KerasClass.isFlattening(name) else { return nil }
      return entry.key.string
    }
  }

  /// The kind of a layer, from the configuration or from a name that Keras generated.
  func kind(
    of key: KerasLayer.VariableKey
  ) -> (kind: KerasLayer.Kind, configuration: KerasConfiguration.Layer?) {
    let path = key.path
    if let layer = layer(of: key, path) {
      if layer.isForeign { return (.foreign(layer.className), layer) }
      guard let kind = KerasClass(className: layer.className), !layer.scalesByRootMeanSquare else {
        return (.other(layer.className), layer)
      }
      return (.known(kind), layer)
    }
    if !key.isNumbered, let outer = configuration?.layer(at: path)?.layer.className,
      KerasClass.isOther(outer)
    {
      return (.other(outer), nil)
    }
    return (kind(named: path.last ?? "", key), nil)
  }

  /// The name of a layer as a module of PyTorch: the names of the layers around it and its own,
  /// where the configuration or the file has them, and otherwise those of the groups.
  func name(of key: KerasLayer.VariableKey) -> String {
    guard key.isNumbered else { return key.layer }
    let groups = key.groups
    if let names = configuration?.layer(atGroups: groups)?.names {
      return names.joined(separator: ".")
    }
    var (result, prefix) = ([String](), "")
    for (index, group) in groups.enumerated() {
      prefix += index == 0 ? group : ".\(group)"
      if group == KerasFile.layerList { continue }
      if index > 0, groups[index - 1] == KerasFile.layerList,
        case .string(let name)? = names?[prefix]
      {
        result.append(name.replacing("/", with: "."))
      } else {
        result.append(group)
      }
    }
    return result.joined(separator: ".")
  }

  private func layer(of key: KerasLayer.VariableKey, _ path: [String]) -> KerasConfiguration.Layer?
  {
    guard let found = listedLayer(of: key, path), key.direction != nil else {
      return listedLayer(of: key, path)
    }
    // PyTorch's module puts the outputs of both directions next to each other.
    guard found.className == "Bidirectional", (found.mergeMode ?? "concat") == "concat" else {
      return found
    }
    return found.children.layers.first ?? found
  }

  private func listedLayer(
    of key: KerasLayer.VariableKey, _ path: [String]
  ) -> KerasConfiguration.Layer? {
    if key.isNumbered {
      return configuration?.layer(atGroups: key.groups)?.layer
    }
    guard let found = configuration?.layer(at: path), found.depth == path.count else { return nil }
    return found.layer
  }

  private func kind(named last: String, _ key: KerasLayer.VariableKey) -> KerasLayer.Kind {
    if key.direction != nil, !key.isNumbered, KerasClass.otherClass(generatedName: last) == nil {
      return .unknown
    }
    var candidates = [key.directedName ?? last]
    if case .string(let name)? = names?[key.key] {
      // A user may name an attribute anything; the layer's own name is more reliable.
      if key.isNamedByClass { candidates.append(name) } else { candidates.insert(name, at: 0) }
    }
    // A cell is named after the class of its layer.
    if key.isOfCell { candidates = candidates.map { $0.replacing("_cell", with: "") } }
    for name in candidates {
      if let kind = KerasClass(generatedName: name) { return .known(kind) }
      if let other = KerasClass.otherClass(generatedName: name) { return .other(other) }
    }
    return .unknown
  }
}
