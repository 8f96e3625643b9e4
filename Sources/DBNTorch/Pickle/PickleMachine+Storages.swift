import DBNTensors

/// Persistent ids, which refer to objects outside the pickle.
extension PickleMachine {
  /// PERSID in protocol 0: the id is a line of text; for a storage, its tuple as Python prints it.
  mutating func pushNamedStorage(_ operation: PickleOperation) throws(CheckpointError) {
    let text = String(decoding: try reader.readLine().array, as: UTF8.self)
    let identifier = PrintedStorage(text).map { tuple(of: $0) } ?? heap.string(text)
    try pushPersistent(identifier, by: operation)
  }

  private mutating func tuple(of storage: PrintedStorage) -> PickleValue {
    let type = heap.global(PickleGlobal(name: storage.typeName, role: .storageType(storage.type)))
    var parts = [
      heap.string(PickleName.storage), type, heap.string(storage.key),
      heap.string(storage.location),
      .int(storage.count),
    ]
    if let view = storage.view {
      parts.append(heap.tuple([heap.string(view.key), .int(view.offset), .int(view.count)]))
    }
    return heap.tuple(parts)
  }

  mutating func pushStorage(_ operation: PickleOperation) throws(CheckpointError) {
    try pushPersistent(pop(), by: operation)
  }

  private mutating func pushPersistent(
    _ identifier: PickleValue, by operation: PickleOperation
  ) throws(CheckpointError) {
    if case .tuple(let index) = identifier, 5...6 ~= heap.tuples[index].count {
      let parts = heap.tuples[index]
      heap.release(identifier)
      try pushStorage(parts, by: operation)
      return reader.releaseRead()
    }
    if let module = moduleClass(identifier) { return push(module) }
    guard let number = number(identifier), let stored = tensors.stored(number) else {
      throw refusal(of: operation)
    }
    switch stored {
    case .storage(let storage): push(heap.storage(storage))
    case .tensor(let view, let storage):
      push(try tensor(view, in: storage, requiresGrad: false))
    }
  }

  /// The class in `('module', class, source file, source)`, with which PyTorch up to 1.5 names the
  /// classes of modules. The source code is not used.
  private func moduleClass(_ identifier: PickleValue) -> PickleValue? {
    guard case .tuple(let index) = identifier, heap.tuples[index].count == 4,
      heap.text(heap.tuples[index][0]) == "module", case .opaque = heap.tuples[index][1]
    else { return nil }
    return heap.tuples[index][1]
  }

  /// An id that is a number, or its digits, as in the tar format before PyTorch 0.1.10.
  private func number(_ identifier: PickleValue) -> Int? {
    if case .int(let number) = identifier { return number }
    return heap.text(identifier).flatMap { Int($0) }
  }

  /// `('storage', type, key, location, numel)`, and in files from PyTorch up to 1.5 a sixth
  /// element: None, or `(key, offset, numel)` for a part of the storage.
  private mutating func pushStorage(
    _ parts: [PickleValue], by operation: PickleOperation
  ) throws(CheckpointError) {
    if case .opaque = parts[1] {
      throw CheckpointError(
        .picklePersistentID, "is in a storage of the unknown class \(heap.typeName(parts[1]))",
        advice: "save it again with torch.save, as a state dict")
    }
    guard heap.text(parts[0]) == PickleName.storage, case .global(let type) = parts[1],
      case .storageType(let storageType) = heap.globals[type].role,
      let key = heap.key(parts[2])?.description, case .int(let count) = parts[4]
    else { throw refusal(of: operation) }
    var storage = try tensors.storage(key, storageType, count: count)
    if parts.count == 6, parts[5] != .none {
      storage.elements = try part(parts[5], of: count, operation)
    }
    for part in parts.reversed() { heap.release(part) }
    push(heap.storage(storage))
  }

  private func part(
    _ view: PickleValue, of count: Int, _ operation: PickleOperation
  ) throws(CheckpointError) -> Range<Int> {
    guard case .tuple(let index) = view, heap.tuples[index].count == 3,
      case .int(let offset) = heap.tuples[index][1], case .int(let size) = heap.tuples[index][2]
    else { throw refusal(of: operation) }
    guard offset >= 0, size >= 0, offset <= count, size <= count - offset else {
      throw CheckpointError(
        .torchStorage, "\(size) elements from \(offset) on do not fit in a storage of \(count)",
        advice: "the file is damaged; get it again")
    }
    return offset..<offset + size
  }

  private func refusal(of operation: PickleOperation) -> CheckpointError {
    CheckpointError(
      .picklePersistentID, "the persistent id (\(operation.name)) is not that of a storage",
      advice: "save it again with torch.save, as a state dict")
  }
}
