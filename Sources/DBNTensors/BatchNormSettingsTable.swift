/// The settings of a checkpoint's BatchNorms, by the names of their modules in the state dict:
/// `layer1.0.bn1`.
///
/// The names are relative to the state dict, wherever it is in the checkpoint. In a checkpoint with
/// several state dicts they hold for each: those are copies of one model, such as its moving average.
/// An entry also holds for a BatchNorm that a layout keeps inside the module of this name.
public struct BatchNormSettingsTable: Sendable, Equatable {
  private var settings: [CheckpointDictionary.Key: BatchNormSettings] = [:]

  /// A table without settings.
  public init() {}

  /// Whether no BatchNorm has settings.
  public var isEmpty: Bool { settings.isEmpty }

  /// All of them, ordered by name.
  public var entries: [(name: String, settings: BatchNormSettings)] {
    settings.map { ($0.key.description, $0.value) }
      .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
  }

  /// The settings of the module of this name; nil where nothing is known of it.
  public subscript(name: String) -> BatchNormSettings? {
    get { settings[.string(name)] }
    set { settings[.string(name)] = newValue }
  }

  /// The settings of a BatchNorm that keeps its tensors in the module of this name, which may be
  /// inside of the one that the settings are known of; without any, nothing is known.
  public func settings(ofModule name: String) -> BatchNormSettings {
    if isEmpty { return BatchNormSettings() }
    var module = name[...]
    while true {
      if let known = self[String(module)] { return known }
      guard let dot = module.lastIndex(of: ".") else { return BatchNormSettings() }
      module = module[..<dot]
    }
  }

  /// These settings, and from the other table what is not known here.
  public func filled(from other: BatchNormSettingsTable) -> BatchNormSettingsTable {
    var result = self
    for (name, settings) in other.entries {
      result[name] = (result[name] ?? BatchNormSettings()).filled(from: settings)
    }
    return result
  }

  /// The same settings under other names: a module `m` is renamed as a key `m.` would be.
  ///
  /// Where two modules get one name, which no renaming of a state dict does, one of them stays.
  public func renaming(_ rename: (String) -> String) -> BatchNormSettingsTable {
    var result = BatchNormSettingsTable()
    for (name, value) in entries {
      result.settings[CheckpointDictionary.Key.string(name).renamedModule(rename)] = value
    }
    return result
  }
}

extension BatchNormSettingsTable {
  /// The settings as the keys of a state dict are after `StateDict.strippingPrefix`.
  public func strippingPrefix(_ prefix: String) -> BatchNormSettingsTable {
    renaming { $0.strippingPrefix(prefix) }
  }

  /// An object from name to `BatchNormSettings.json`, ordered by name.
  public var json: JSON { .object(entries.map { JSON.Member($0.name, $0.settings.json) }) }

  /// - Returns: nil unless it is an object as `json` makes one.
  public init?(_ json: JSON) {
    guard let members = json.members else { return nil }
    for member in members {
      guard let value = BatchNormSettings(member.value) else { return nil }
      self[member.name] = value
    }
  }
}
