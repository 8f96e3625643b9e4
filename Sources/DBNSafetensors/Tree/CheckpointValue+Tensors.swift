internal import DBNTensors

extension CheckpointValue {
  /// Calls `body` with every tensor of the tree, including those in attributes, in order.
  ///
  /// - Throws: `limitExceeded` for trees deeper or larger than any checkpoint's.
  func forEachTensor(
    _ body: (EntryPath, Tensor) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    var (path, visits) = (EntryPath(), 0)
    try visit(&path, &visits, body)
  }

  private func visit(
    _ path: inout EntryPath, _ visits: inout Int,
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
    for (index, element) in (elements ?? []).enumerated() {
      try element.visit(under: .int(index), &path, &visits, body)
    }
    for entry in dictionary?.entries ?? [] {
      try entry.value.visit(under: entry.key, &path, &visits, body)
    }
    for (name, value) in dictionary?.attributes ?? [] {
      try value.visit(under: .string(name), &path, &visits, body)
    }
  }

  private func visit(
    under key: CheckpointDictionary.Key, _ path: inout EntryPath, _ visits: inout Int,
    _ body: (EntryPath, Tensor) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    path.keys.append(key)
    try visit(&path, &visits, body)
    path.keys.removeLast()
  }
}
