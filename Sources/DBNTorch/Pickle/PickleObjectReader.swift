import DBNTensors

/// Takes over the objects of a pickle that describes very many things, each as soon as it has its
/// state, so that the heap does not hold all of them.
protocol PickleObjectReader: AnyObject {
  /// - Returns: the object's number, which stands for it as `PickleValue.record`; nil to leave the
  ///   object to the machine.
  func take(_ object: PickleOpaque, from heap: PickleHeap) throws(CheckpointError) -> Int?
}

extension PickleMachine {
  /// Passes the object on top of the stack to the reader of objects, if there is one, or keeps it as
  /// an array, if it is one, and frees what it consisted of. Objects that the pickle recalls stay.
  mutating func handOver(_ index: Int) throws(CheckpointError) {
    guard !heap.isKept(opaque: index), let value = try compact(heap.opaques[index]) else { return }
    _ = try pop()
    heap.releaseObject(index)
    push(value)
    reader.releaseRead()
  }

  private mutating func compact(
    _ object: PickleOpaque
  ) throws(CheckpointError) -> PickleValue? {
    guard let objectReader else { return heap.array(object) }
    return try objectReader.take(object, from: heap).map { .record($0) }
  }
}

extension PickleHeap {
  /// Frees an object without remaining references, and the values of its state and its arguments.
  fileprivate mutating func releaseObject(_ index: Int) {
    let arguments = opaques[index].arguments ?? []
    let state = opaques[index].state ?? .none
    switch state {
    case .dictionary(let dictionary):
      let entries = dictionaries[dictionary].entries
      release(state)
      for (key, value) in entries.reversed() {
        releasePart(value)
        releasePart(key)
      }
    case .tuple(let tuple):
      let elements = tuples[tuple]
      release(state)
      for element in elements.reversed() { releasePart(element) }
    default: releasePart(state)
    }
    releasePart(.opaque(index))
    for argument in arguments.reversed() { release(argument) }
  }

  /// As `release`, also for finished values, lists and objects.
  private mutating func releasePart(_ value: PickleValue) {
    switch value {
    case .leaf(leaves.count - 1) where leaves.count > kept.leaves: leaves.removeLast()
    case .list(lists.count - 1) where lists.count > kept.lists: lists.removeLast()
    case .opaque(opaques.count - 1) where opaques.count > kept.opaques: opaques.removeLast()
    default: release(value)
    }
  }

  func isKept(opaque index: Int) -> Bool { index < kept.opaques }
}
