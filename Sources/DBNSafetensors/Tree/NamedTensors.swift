internal import DBNTensors

/// The tensors of a file, or of several shards, by name and in order, before they become a tree of
/// values.
struct NamedTensors {
  private let table: NameTable
  private let tensors: [Tensor]

  /// - Parameter tensors: one for each name.
  init(_ table: NameTable, _ tensors: [Tensor]) {
    self.table = table
    self.tensors = tensors
  }

  /// The tensors of a mapping; other values are left out.
  init(_ mapping: CheckpointDictionary) {
    var (table, tensors) = (NameTable(), [Tensor]())
    tensors.reserveCapacity(mapping.entries.count)
    for entry in mapping.entries {
      guard let name = entry.key.string, let tensor = entry.value.tensor, table.add(name) else {
        continue
      }
      tensors.append(tensor)
    }
    self.init(table, tensors)
  }

  var count: Int { tensors.count }
  var names: [String] { table.names }

  func index(of name: String) -> Int? { table.place(of: name) }

  subscript(index: Int) -> Tensor { tensors[index] }

  /// All tensors as one state dict.
  var stateDict: CheckpointDictionary {
    var dictionary = CheckpointDictionary(.orderedDict)
    dictionary.reserveCapacity(count)
    for (name, tensor) in zip(names, tensors) { dictionary.set(.string(name), to: .tensor(tensor)) }
    return dictionary
  }
}
