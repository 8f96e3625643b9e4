internal import DBNTensors

/// Recognises Keras weight files among HDF5 files, and finds the order of their weights.
///
/// There are two kinds: `.weights.h5` of Keras 3 has the numbered variables of each layer in a
/// group `vars` (`keras/src/saving/saving_lib.py`, `H5IOStore`); the older `.h5` lists its layers
/// and their weights in attributes (`keras/src/legacy/saving/legacy_h5_format.py`).
struct KerasFile {
  private static let layerNames = "layer_names"
  private static let weightNames = "weight_names"
  private static let name = "name"
  static let variables = "vars"
  /// The group of a list of layers, in which each is named after its class.
  static let layerList = "layers"
  /// The group with the layers of a whole model.
  static let modelWeights = "model_weights"

  private let catalog: Catalog

  init(_ catalog: Catalog) {
    self.catalog = catalog
  }

  var isRecognised: Bool { legacyRoot != nil || hasNumberedVariables }

  /// The paths of the weights in the order of the layers; empty if the file does not list them.
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

  /// The text of the model's configuration, and its source: the file, or `config.json` beside a
  /// file that was extracted from a `.keras` archive.
  ///
  /// - Parameter path: the file's path.
  func configuration(path: String?) -> (text: String, source: String)? {
    let name = KerasConfiguration.attribute
    if let text = catalog.groups[0].attributes.string(name) {
      return (text, "the attribute \(name)")
    }
    guard let path, legacyRoot == nil,
      path.split(separator: "/").last == Substring(KerasFile.archivedWeights),
      let file = try? MappedFile.open(
        path.dropLast(KerasFile.archivedWeights.count) + KerasFile.archivedConfiguration),
      // One byte beyond the limit is enough for the parser to refuse a text that is too long.
      let start = try? file.slice(
        from: 0, count: min(file.count, KerasConfiguration.byteLimit + 1))
    else { return nil }
    let text = String(decoding: start.array, as: UTF8.self)
    return (text, KerasFile.archivedConfiguration)
  }

  /// The names of the files in a `.keras` archive.
  ///
  /// Source: `keras/src/saving/saving_lib.py`.
  private static let archivedWeights = "model.weights.h5"
  static let archivedConfiguration = "config.json"

  /// Names that Keras generated for layers, by key, in a file that numbers variables. They are
  /// listed if the key does not show the class: keys can be names of attributes, which the user
  /// chose. Layers that flatten or reshape are listed too; they have no variables.
  var names: CheckpointDictionary {
    var names = CheckpointDictionary()
    for group in catalog.groups {
      let path = group.path.split(separator: "/").map(String.init)
      guard path.last == KerasFile.variables, let name = group.attributes.string(KerasFile.name),
        let last = path.dropLast().last
      else { continue }
      if group.links.isEmpty {
        guard let found = [last, name].first(where: KerasClass.isFlattening) else { continue }
        names.set(.string(path.dropLast().joined(separator: ".")), to: .string(found))
        continue
      }
      guard last != name, KerasClass.isGenerated(name),
        path.dropLast(2).last != KerasFile.layerList || !KerasClass.isGenerated(last)
      else { continue }
      names.set(.string(path.dropLast().joined(separator: ".")), to: .string(name))
    }
    return names
  }

  /// The names of an older file's layers that flatten or reshape, which are groups without weights.
  var flatteningLayers: [String] {
    guard let root = legacyRoot else { return [] }
    return root.attributes.splitStrings(KerasFile.layerNames).filter(KerasClass.isFlattening)
  }

  /// The group with the layers of an older file: the root, or `modelWeights` in a whole model.
  private var legacyRoot: Catalog.Group? {
    catalog.groups.first { group in
      ["", KerasFile.modelWeights].contains(group.path)
        && [KerasFile.layerNames, "\(KerasFile.layerNames)0"].contains { name in
          group.attributes[name] != nil
        }
    }
  }

  /// Whether all datasets are in groups `vars`, and each of these that is not empty contains `0`.
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
  /// The strings of a list, which Keras splits into `NAME0`, `NAME1`, ... if it has more than
  /// 64,512 bytes.
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
