/// A PyTorch state dict: tensors by name, in the model's order, with the other values among them
/// (`_extra_state`) and the `_metadata` of module versions.
public struct StateDict: Sendable {
  /// The mapping itself, every entry included; keys are strings.
  public private(set) var dictionary: CheckpointDictionary
  /// The classes of modules that are known to be no BatchNorms although their tensors have the same
  /// names, by the modules' names. Only the file of a whole model tells.
  package var otherNorms: [String: String] = [:]

  /// - Returns: nil unless all keys are strings.
  public init?(_ dictionary: CheckpointDictionary) {
    guard dictionary.entries.allSatisfy({ $0.key.string != nil }) else { return nil }
    self.dictionary = dictionary
  }

  /// An empty state dict, of the kind PyTorch's `state_dict()` makes.
  public init() {
    dictionary = CheckpointDictionary(.orderedDict)
  }

  /// The tensors in order.
  public var tensors: [(name: String, tensor: Tensor)] {
    dictionary.entries.compactMap { entry in
      guard let name = entry.key.string, let tensor = entry.value.tensor else { return nil }
      return (name, tensor)
    }
  }

  /// The names of all entries with string keys, in order.
  public var names: [String] { dictionary.entries.compactMap(\.key.string) }

  /// The tensor of this name. Setting it keeps its position, or appends it; setting nil removes the
  /// entry, in time proportional to the number of entries.
  public subscript(name: String) -> Tensor? {
    get { dictionary[name]?.tensor }
    set {
      if let newValue {
        dictionary.set(.string(name), to: .tensor(newValue))
      } else {
        dictionary.remove(.string(name))
      }
    }
  }

  /// Gives an entry another name, in the same position. `_metadata` is unchanged; to rename many
  /// entries at once, use `renaming`.
  ///
  /// - Throws: `noSuchEntry` if no entry has the name; `nameCollision` if another has the new name.
  public mutating func rename(_ name: String, to newName: String) throws(CheckpointError) {
    guard dictionary.contains(.string(name)) else {
      throw CheckpointError(.noSuchEntry, name: name, "the state dict has no entry with this name")
    }
    guard newName.isIdentical(to: name) || !dictionary.contains(.string(newName)) else {
      throw CheckpointError(.nameCollision, name: newName, "another entry already has this name")
    }
    dictionary.rename(.string(name), to: .string(newName))
  }

  /// The mapping of module names to versions that `state_dict()` attaches, if the file has it.
  public var metadata: CheckpointDictionary? {
    dictionary.attributes.first { $0.name == "_metadata" }?.value.dictionary
  }
}

extension StateDict {
  /// Two state dicts of one model, both with what either file knows about the modules' classes.
  package static func sharingClasses(_ a: StateDict, _ b: StateDict) -> (StateDict, StateDict) {
    var (a, b) = (a, b)
    a.otherNorms.merge(b.otherNorms) { own, _ in own }
    b.otherNorms = a.otherNorms
    return (a, b)
  }
}
