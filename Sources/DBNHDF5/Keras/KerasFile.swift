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

  /// Whether the names of groups lead to variables of the optimizer.
  static func isOfOptimizer(_ names: [Substring]) -> Bool {
    ["optimizer", "optimizer_weights"].contains(names.first)
  }

  private let catalog: Catalog
  /// The bytes of `config.json`, if the file is in a `.keras` archive.
  private let archivedConfiguration: ByteRegion?

  init(_ catalog: Catalog, archivedConfiguration: ByteRegion? = nil) {
    self.catalog = catalog
    self.archivedConfiguration = archivedConfiguration
  }

  /// The end of a name from which Keras' `load_weights` takes a file for one with numbered variables;
  /// every other `.h5` it takes for the older kind.
  static let numberedExtension = ".weights.h5"

  /// Whether the file is of the older kind, which lists its layers.
  var listsLayers: Bool { legacyRoot != nil }

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

  /// Where the configuration of the model is.
  enum ConfigurationSource {
    /// In an attribute of the file.
    case attribute
    /// In the `.keras` archive that the file is in.
    case archive
    /// In a file next to this one, which was extracted from a `.keras` archive.
    case file

    var name: String {
      self == .attribute
        ? "the attribute \(KerasConfiguration.attribute)" : KerasFile.archivedConfigurationName
    }
  }

  /// The text of the model's configuration, and where it is.
  ///
  /// - Parameter path: the file's path.
  func configuration(path: String?) -> (text: String, source: ConfigurationSource)? {
    if let text = catalog.groups[0].attributes.string(KerasConfiguration.attribute) {
      return (text, .attribute)
    }
    if let archivedConfiguration {
      return Self.text(of: archivedConfiguration).map { ($0, .archive) }
    }
    guard let path, legacyRoot == nil,
      path.split(separator: "/").last == Substring(KerasFile.archivedWeights),
      let file = try? MappedFile.open(
        path.dropLast(KerasFile.archivedWeights.count) + KerasFile.archivedConfigurationName)
    else { return nil }
    return Self.text(of: file).map { ($0, .file) }
  }

  /// The text, of which one byte beyond the limit is enough for the parser to refuse it.
  private static func text(of file: ByteRegion) -> String? {
    let count = min(file.count, KerasConfiguration.byteLimit + 1)
    return (try? file.slice(from: 0, count: count)).map {
      String(decoding: $0.array, as: UTF8.self)
    }
  }

  /// The names of the files in a `.keras` archive.
  ///
  /// Source: `keras/src/saving/saving_lib.py`.
  private static let archivedWeights = "model.weights.h5"
  private static let archivedConfigurationName = "config.json"

  /// The names of layers by key, in a file that numbers variables, where the key does not end with
  /// the name. In a list of layers, keys are classes with numbers. Elsewhere keys are names of
  /// attributes, which the user chose; then a name is listed if Keras generated it from the class.
  /// Layers that flatten or reshape are listed too; they have no variables.
  var names: CheckpointDictionary {
    var names = CheckpointDictionary()
    for group in catalog.groups {
      let path = group.path.split(separator: "/").map(String.init)
      guard path.last == KerasFile.variables, let name = group.attributes.string(KerasFile.name),
        let last = path.dropLast().last
      else { continue }
      let key = path.dropLast().joined(separator: ".")
      let isInList = path.dropLast(2).last == KerasFile.layerList
      if group.links.isEmpty, let found = [last, name].first(where: KerasClass.isFlattening) {
        names.set(.string(key), to: .string(found))
      } else if last != name, isInList || !group.links.isEmpty && KerasClass.isGenerated(name) {
        names.set(.string(key), to: .string(name))
      }
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
