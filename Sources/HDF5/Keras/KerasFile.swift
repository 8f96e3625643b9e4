internal import Tensors

/// What tells a weight file of Keras from other HDF5 files, and the order it gives to its weights.
///
/// Two kinds exist: `.weights.h5` of Keras 3 keeps the variables of each layer in a group `vars`, by
/// number (`keras/src/saving/saving_lib.py`, `H5IOStore`); the older `.h5` names its layers and
/// their weights in attributes (`keras/src/legacy/saving/legacy_h5_format.py`).
struct KerasFile {
  private static let layerNames = "layer_names"
  private static let weightNames = "weight_names"
  private static let variables = "vars"

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
    return (root.attributes.strings(KerasFile.layerNames) ?? []).flatMap { layer in
      let path = root.path.appending(link: layer)
      let weights = groups[path]?.attributes.strings(KerasFile.weightNames) ?? []
      return weights.map { path.appending(link: $0) }
    }
  }

  /// The group with the layers of an older file: the root, or the one that whole models have.
  private var legacyRoot: Catalog.Group? {
    catalog.groups.first {
      ["", "model_weights"].contains($0.path) && $0.attributes[KerasFile.layerNames] != nil
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
