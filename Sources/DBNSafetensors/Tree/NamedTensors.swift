internal import DBNTensors

/// The tensors of a file, or of several shards, by name and in order, before they become a tree of
/// values.
struct NamedTensors {
  /// What can't be read.
  struct Unreadable {
    let name: String
    let value: OpaqueValue
    /// Its index among all entries.
    let place: Int
  }

  private let table: NameTable
  private let tensors: [Tensor]
  /// Entries other than the tensors, in ascending order of their places.
  var unreadable: [Unreadable] = []

  /// - Parameter tensors: one for each name.
  init(_ table: NameTable, _ tensors: [Tensor]) {
    self.table = table
    self.tensors = tensors
  }

  /// The tensors of a mapping, and what can't be read; other values are left out.
  init(_ mapping: CheckpointDictionary) {
    var (table, tensors) = (NameTable(), [Tensor]())
    tensors.reserveCapacity(mapping.entries.count)
    var unreadable: [Unreadable] = []
    for (place, entry) in mapping.entries.enumerated() {
      if let name = entry.key.string, case .opaque(let value) = entry.value {
        unreadable.append(Unreadable(name: name, value: value, place: place))
      }
      guard let name = entry.key.string, let tensor = entry.value.tensor, table.add(name) else {
        continue
      }
      tensors.append(tensor)
    }
    self.init(table, tensors)
    self.unreadable = unreadable
  }

  var count: Int { tensors.count }
  var names: [String] { table.names }

  func index(of name: String) -> Int? { table.place(of: name) }

  subscript(index: Int) -> Tensor { tensors[index] }

  /// All entries as one state dict.
  var stateDict: CheckpointDictionary {
    var dictionary = CheckpointDictionary(.orderedDict)
    dictionary.reserveCapacity(count + unreadable.count)
    var others = unreadable[...]
    func addOthers(before place: Int) {
      while let other = others.first, other.place <= place {
        dictionary.set(.string(other.name), to: .opaque(other.value))
        others.removeFirst()
      }
    }
    for (name, tensor) in zip(names, tensors) {
      addOthers(before: dictionary.entries.count)
      dictionary.set(.string(name), to: .tensor(tensor))
    }
    addOthers(before: .max)
    return dictionary
  }
}
