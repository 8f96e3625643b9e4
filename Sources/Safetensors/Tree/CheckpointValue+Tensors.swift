internal import Tensors

extension CheckpointValue {
  /// Calls `body` with every tensor of the tree, those among attributes included, in order.
  ///
  /// - Throws: `limitExceeded` for trees deeper or larger than any checkpoint's.
  func forEachTensor(
    _ body: (EntryPath, Tensor) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    var visits = 0
    try visit(EntryPath(), &visits, body)
  }

  private func visit(
    _ path: EntryPath, _ visits: inout Int,
    _ body: (EntryPath, Tensor) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    visits += 1
    guard path.keys.count <= CheckpointLimits.depth, visits <= CheckpointLimits.values else {
      throw CheckpointError(
        .limitExceeded, name: path.description,
        "the checkpoint is deeper than \(CheckpointLimits.depth) levels or has more than "
          + "\(CheckpointLimits.values) values")
    }
    if let tensor { try body(path, tensor) }
    for (key, value) in children { try value.visit(path.appending(key), &visits, body) }
  }

  private var children: [(CheckpointDictionary.Key, CheckpointValue)] {
    if let elements { return elements.enumerated().map { (.int($0), $1) } }
    guard let dictionary else { return [] }
    return dictionary.entries.map { ($0.key, $0.value) }
      + dictionary.attributes.map { (.string($0.name), $0.value) }
  }

  /// The tree without the tensors that do not qualify: their entries are left out; in lists, tuples
  /// and sets None stands for them. Nil if the value itself is such a tensor.
  ///
  /// Recurses as deep as the tree is, which `forEachTensor` has limited.
  func keepingTensors(where qualifies: (Tensor) -> Bool) -> CheckpointValue? {
    func kept(_ elements: [CheckpointValue]) -> [CheckpointValue] {
      elements.map { $0.keepingTensors(where: qualifies) ?? .none }
    }
    switch self {
    case .tensor(let tensor): return qualifies(tensor) ? self : nil
    case .list(let elements): return .list(kept(elements))
    case .tuple(let elements): return .tuple(kept(elements))
    case .set(let elements): return .set(kept(elements))
    case .dictionary(let dictionary):
      return .dictionary(dictionary.keepingTensors(where: qualifies))
    default: return self
    }
  }
}

extension CheckpointDictionary {
  fileprivate func keepingTensors(where qualifies: (Tensor) -> Bool) -> CheckpointDictionary {
    var kept = CheckpointDictionary(kind)
    for entry in entries {
      if let value = entry.value.keepingTensors(where: qualifies) { kept.set(entry.key, to: value) }
    }
    kept.attributes = attributes.compactMap { attribute in
      attribute.value.keepingTensors(where: qualifies).map { (attribute.name, $0) }
    }
    return kept
  }
}
