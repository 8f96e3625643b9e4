/// The settings of a checkpoint's BatchNorms, by the names of their modules in the state dict:
/// `layer1.0.bn1`.
///
/// The names are relative to the state dict, wherever it is in the checkpoint. In a checkpoint with
/// several state dicts they apply to each: those are copies of one model, such as its moving
/// average. An entry also applies to a BatchNorm that a layout keeps inside the module of this
/// name.
public struct BatchNormSettingsTable: Sendable, Equatable {
  private var settings: [CheckpointDictionary.Key: BatchNormSettings] = [:]

  /// A table without settings.
  public init() {}

  /// Whether no BatchNorm has settings.
  public var isEmpty: Bool { settings.isEmpty }

  /// All entries, ordered by name.
  public var entries: [(name: String, settings: BatchNormSettings)] {
    settings.map { ($0.key.description, $0.value) }
      .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
  }

  /// The settings of the module of this name; nil if none are known.
  public subscript(name: String) -> BatchNormSettings? {
    get { settings[.string(name)] }
    set { settings[.string(name)] = newValue }
  }

  /// The settings of a BatchNorm whose tensors are in the module of this name: those of the module
  /// or of the nearest module around it. Unknown in everything if there are none.
  public func settings(ofModule name: String) -> BatchNormSettings {
    if isEmpty { return BatchNormSettings() }
    var module = name[...]
    while true {
      if let known = self[String(module)] { return known }
      guard let dot = module.lastIndex(of: ".") else { return BatchNormSettings() }
      module = module[..<dot]
    }
  }

  /// These settings, with unknown values taken from the other table.
  public func filled(from other: BatchNormSettingsTable) -> BatchNormSettingsTable {
    var result = self
    for (name, settings) in other.entries {
      result[name] = (result[name] ?? BatchNormSettings()).filled(from: settings)
    }
    return result
  }

  /// The same settings under other names: a module `m` is renamed as a key `m.` would be.
  ///
  /// If two modules get the same name, which renaming a state dict never does, one of them is kept.
  public func renaming(_ rename: (String) -> String) -> BatchNormSettingsTable {
    var result = BatchNormSettingsTable()
    for (name, value) in entries {
      result.settings[CheckpointDictionary.Key.string(name).renamedModule(rename)] = value
    }
    return result
  }
}

extension BatchNormSettingsTable {
  /// The settings under the names that modules have after `StateDict.strippingPrefix` with the same
  /// prefix, which must have its dot.
  public func strippingPrefix(_ prefix: String) -> BatchNormSettingsTable {
    renaming { $0.strippingPrefix(prefix) }
  }

  /// An object from name to `BatchNormSettings.json`, ordered by name.
  public var json: JSON { .object(entries.map { JSON.Member($0.name, $0.settings.json) }) }

  /// - Returns: nil unless it is an object in the form of `json`.
  public init?(_ json: JSON) {
    guard let members = json.members else { return nil }
    for member in members {
      guard let value = BatchNormSettings(member.value) else { return nil }
      self[member.name] = value
    }
  }
}

extension BatchNormSettingsTable {
  /// The name under which a format that can't store the settings reports them as left out.
  public static let lossName = "epsilon and momentum of BatchNorms"
}
