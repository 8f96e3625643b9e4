/// What the numbered variables of modules are (`vars.0`, `vars.1`, ...), where a file states it: as
/// many variables can be a weight with statistics or a bias with statistics.
///
/// A state dict has it as an attribute, so that conversions keep it.
public struct StatedVariables: Sendable {
  /// The state dict's attribute: a mapping from a module's name to the names of its quantities.
  static let attribute = "numbered_variables"

  private var names = CheckpointDictionary()

  /// No statement about any module.
  public init() {}

  /// What is stated about the modules of a state dict.
  public init(_ stateDict: StateDict) {
    let found = stateDict.dictionary.attributes.first { $0.name == Self.attribute }
    names = found?.value.dictionary ?? CheckpointDictionary()
  }

  /// The quantities of a BatchNorm, in the order of its variables' numbers; empty for a module that is
  /// not a BatchNorm; nil if nothing is stated about the module.
  public subscript(module: String) -> [BatchNormQuantity]? {
    get { names[module].flatMap(Self.quantities) }
    set {
      guard let newValue else { return names.remove(.string(module)) }
      names.set(.string(module), to: .list(newValue.map { .string($0.rawValue) }))
    }
  }

  /// The modules about which something is stated, with the quantities of each.
  public var modules: [(name: String, quantities: [BatchNormQuantity])] {
    names.entries.compactMap { entry in
      guard let name = entry.key.string, let quantities = Self.quantities(entry.value) else {
        return nil
      }
      return (name, quantities)
    }
  }

  /// The attribute of a state dict; nil if nothing is stated.
  public var attribute: (name: String, value: CheckpointValue)? {
    names.entries.isEmpty ? nil : (Self.attribute, .dictionary(names))
  }

  private static func quantities(_ value: CheckpointValue) -> [BatchNormQuantity]? {
    guard case .list(let elements) = value else { return nil }
    let quantities = elements.compactMap { element -> BatchNormQuantity? in
      if case .string(let name) = element { BatchNormQuantity(rawValue: name) } else { nil }
    }
    return quantities.count == elements.count ? quantities : nil
  }
}
