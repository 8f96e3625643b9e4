internal import Tensors

/// The names that a checkpoint's tensors have in a flat file, each tensor once however many places
/// it stands in.
///
/// The state dict's tensors keep their names; every other is called by its path. A name that is
/// taken gets a `~` and a number.
struct TensorNames {
  /// Each tensor that the file holds under its name, in the checkpoint's order.
  private(set) var tensors: [(name: String, tensor: Tensor)] = []
  private(set) var names: [TiedTensor: String] = [:]
  private var taken: Set<CheckpointDictionary.Key> = [.string(SafetensorsHeader.metadataName)]

  init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    for (name, tensor) in checkpoint.stateDictTensors { add(tensor, as: name) }
    try checkpoint.root.forEachTensor { path, tensor throws(CheckpointError) in
      add(tensor, as: path.description)
    }
  }

  private mutating func add(_ tensor: Tensor, as name: String) {
    let identity = TiedTensor(tensor)
    guard names[identity] == nil else { return }
    var candidate = name
    var number = 2
    while !taken.insert(.string(candidate)).inserted {
      candidate = "\(name)~\(number)"
      number += 1
    }
    names[identity] = candidate
    tensors.append((candidate, tensor))
  }
}

extension Checkpoint {
  /// The tensors of the state dict, if it can be told which mapping that is.
  fileprivate var stateDictTensors: [(name: String, tensor: Tensor)] {
    do throws(CheckpointError) {
      return try stateDict().tensors
    } catch {
      return []
    }
  }
}
