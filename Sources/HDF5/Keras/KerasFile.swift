internal import Tensors

/// What tells a weight file of Keras from other HDF5 files, and the order it gives to its weights.
///
/// Two kinds exist: `.weights.h5` of Keras 3 keeps the variables of each layer in a group `vars`, by
/// number (`keras/src/saving/saving_lib.py`, `H5IOStore`); the older `.h5` names its layers and
/// their weights in attributes (`keras/src/legacy/saving/legacy_h5_format.py`).
struct KerasFile {
  private static let layerNames = "layer_names"
  private static let weightNames = "weight_names"
  private static let name = "name"
  static let variables = "vars"
  /// The group with the layers of a whole model.
  static let modelWeights = "model_weights"

  private let catalog: Catalog

  init(_ catalog: Catalog) {
    self.catalog = catalog
  }

  var isRecognised: Bool { legacyRoot != nil || hasNumberedVariables }

  /// The paths of the weights in the order of the layers, where the file tells it.
  var order: [String] {
    guard let root = legacyRoot else { return [] }
    var groups: [String: Catalog.Group] = [:]
    for group in catalog.groups { groups[group.path] = group }
    return root.attributes.splitStrings(KerasFile.layerNames).flatMap { layer in
      let path = root.path.appending(link: layer)
      let weights = groups[path]?.attributes.splitStrings(KerasFile.weightNames) ?? []
      return weights.map { path.appending(link: $0) }
    }
  }

  /// The configuration of the model, as text.
  var configuration: String? {
    catalog.groups[0].attributes.string(KerasConfiguration.attribute)
  }

  /// The names of layers by their keys, where a file that numbers variables has them and the keys do
  /// not say the same.
  var names: CheckpointDictionary {
    var names = CheckpointDictionary()
    for group in catalog.groups where !group.links.isEmpty {
      let parts = group.path.split(separator: "/")
      guard parts.last == Substring(KerasFile.variables),
        let name = group.attributes.string(KerasFile.name), parts.dropLast().last != Substring(name)
      else { continue }
      names.set(.string(parts.dropLast().joined(separator: ".")), to: .string(name))
    }
    return names
  }

  /// The group with the layers of an older file: the root, or the one that whole models have.
  private var legacyRoot: Catalog.Group? {
    catalog.groups.first { group in
      ["", KerasFile.modelWeights].contains(group.path)
        && [KerasFile.layerNames, "\(KerasFile.layerNames)0"].contains { name in
          group.attributes[name] != nil
        }
    }
  }

  /// Whether all datasets lie in groups `vars`, and all that have any begin with the first.
  private var hasNumberedVariables: Bool {
    var found = false
    for group in catalog.groups {
      let datasets = group.links.filter { if case .dataset = $0.target { true } else { false } }
      if datasets.isEmpty { continue }
      guard group.path.split(separator: "/").last == Substring(KerasFile.variables),
        datasets.contains(where: { $0.name == "0" })
      else { return false }
      found = true
    }
    return found
  }
}

extension [Catalog.Attribute] {
  /// The texts of a list, which Keras splits where they have more than 64,512 bytes: into `NAME0`,
  /// `NAME1`, ...
  ///
  /// Source: `save_attributes_to_hdf5_group` in `keras/src/legacy/saving/legacy_h5_format.py`.
  fileprivate func splitStrings(_ name: String) -> [String] {
    if let whole = strings(name) { return whole }
    var parts: [Int: [String]] = [:]
    for attribute in self where attribute.name.hasPrefix(name) {
      guard let number = Int(attribute.name.dropFirst(name.count)),
        "\(name)\(number)".isIdentical(to: attribute.name),
        case .strings(let texts) = attribute.value
      else { continue }
      parts[number] = texts
    }
    var texts: [String] = []
    for number in 0..<parts.count { texts += parts[number] ?? [] }
    return texts
  }
}
