internal import DBNTensors

/// The names of a checkpoint's tensors in a flat file, each tensor once, however often it occurs in
/// the tree.
///
/// The state dict's tensors keep their names; all others are named by their paths. A name that is
/// taken gets a `~` and a number.
struct TensorNames {
  private var numbering = TensorInterner()
  private var table = NameTable()

  init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    for entry in checkpoint.bestStateDict?.entries ?? [] {
      if let name = entry.key.string, let tensor = entry.value.tensor { add(tensor, as: name) }
    }
    try checkpoint.root.forEachTensor { path, tensor throws(CheckpointError) in
      add(tensor, as: path.tensorName)
    }
  }

  /// Tensors under distinct names.
  init(_ tensors: [(name: String, tensor: Tensor)]) {
    for (name, tensor) in tensors { add(tensor, as: name) }
  }

  var count: Int { table.count }

  /// Each tensor that the file holds, in the checkpoint's order: by number.
  var tensors: [Tensor] { numbering.tensors }

  /// The names, by number.
  var names: [String] { table.names }

  /// The name of the tensor in the file.
  func name(of tensor: Tensor) -> String? {
    numbering.number(of: tensor).map { table.names[$0] }
  }

  /// The numbers in the order of the format's library: by descending type, then by name.
  func sorted(_ numbers: Range<Int>) -> [Int] {
    let (tensors, names) = (tensors, names)
    let ranks = numbers.map { SafetensorsType(tensors[$0].scalarType)?.rank ?? 0 }
    return numbers.sorted { left, right in
      let (leftRank, rightRank) = (
        ranks[left - numbers.lowerBound], ranks[right - numbers.lowerBound]
      )
      if leftRank != rightRank { return leftRank > rightRank }
      return names[left].utf8.lexicographicallyPrecedes(names[right].utf8)
    }
  }

  private mutating func add(_ tensor: Tensor, as name: @autoclosure () -> String) {
    guard numbering.add(tensor) == nil else { return }
    let name = name()
    var candidate = name
    var number = 2
    while candidate.isIdentical(to: SafetensorsHeader.metadataName) || !table.add(candidate) {
      candidate = "\(name)~\(number)"
      number += 1
    }
  }
}

extension Checkpoint {
  /// The state dict; nil if there is none, or several rank equally.
  fileprivate var bestStateDict: CheckpointDictionary? {
    do throws(CheckpointError) {
      return try stateDict().dictionary
    } catch {
      return nil
    }
  }
}

extension EntryPath {
  /// The file's name for a tensor outside the state dict (docs/safetensors.md): its keys, joined by
  /// slashes.
  fileprivate var tensorName: String {
    keys.map { key in
      key.description.replacing("%", with: "%25").replacing("/", with: "%2F")
    }.joined(separator: "/")
  }
}
