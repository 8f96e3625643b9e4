import DBNTensors

extension Checkpoint {
  /// Puts the constants of a program beside its state dict, which gets an entry of its own.
  mutating func add(_ constants: [(name: String, value: CheckpointValue)]) {
    let stateDict = "state_dict"
    var mapping = CheckpointDictionary()
    for (name, value) in constants { mapping.set(.string(name), to: value) }
    var whole = CheckpointDictionary()
    whole.set(.string(stateDict), to: root)
    whole.set(.string(Self.constantsName), to: .dictionary(mapping))
    root = .dictionary(whole)
    modules = modules.map { module in
      ModuleDescription(
        entry: EntryPath([.string(stateDict)] + module.entry.keys), name: module.name,
        className: module.className, settings: module.settings)
    }
  }
}
