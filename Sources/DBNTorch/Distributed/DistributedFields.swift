import DBNTensors

/// Typed access to the fields of an object in `.metadata`.
struct DistributedFields {
  /// The name of the class, without its module.
  let className: String
  let heap: PickleHeap
  private let state: PickleValue?

  init(_ object: PickleOpaque, _ heap: PickleHeap) {
    className = object.name.split(separator: ".").last.map(String.init) ?? ""
    self.heap = heap
    state = object.state
  }

  /// - Throws: `distributedMetadata` unless the value is an object of this class.
  init(
    _ value: PickleValue, _ className: String, _ heap: PickleHeap
  ) throws(CheckpointError) {
    guard case .opaque(let index) = value, heap.opaques[index].name.hasSuffix(".\(className)"),
      let state = heap.opaques[index].state, heap.dictionary(state) != nil
    else { throw Self.wrong(className) }
    self.init(heap.opaques[index], heap)
  }

  func value(_ name: String) -> PickleValue? { heap.entry(name, of: state) }

  /// The elements of a state that is a tuple.
  var elements: [PickleValue]? { heap.elements(state) }

  /// The elements of a field that is a list or a tuple.
  func list(_ name: String) -> [PickleValue]? { heap.elements(value(name)) }

  /// Whether the field is missing or None.
  func isNone(_ name: String) -> Bool { (value(name) ?? PickleValue.none) == PickleValue.none }

  func dictionary(_ name: String) throws(CheckpointError) -> PickleDictionary {
    guard let value = value(name), let dictionary = heap.dictionary(value) else {
      throw wrong(name)
    }
    return dictionary
  }

  func text(_ name: String) throws(CheckpointError) -> String {
    guard let value = value(name), let text = heap.text(value) else { throw wrong(name) }
    return text
  }

  func int(_ name: String) throws(CheckpointError) -> Int {
    guard case .int(let number)? = value(name) else { throw wrong(name) }
    return number
  }

  func size(_ name: String) throws(CheckpointError) -> [Int] {
    guard case .leaf(let index)? = value(name), case .size(let sizes) = heap.leaves[index],
      sizes.allSatisfy({ $0 >= 0 })
    else { throw wrong(name) }
    return sizes
  }

  private func wrong(_ name: String) -> CheckpointError {
    Self.wrong("\(className).\(name)")
  }

  static func wrong(_ what: String) -> CheckpointError {
    CheckpointError(
      .distributedMetadata, "\(what) does not have the form that PyTorch gives it",
      advice: "the file is damaged, or of an unknown version; convert it with "
        + "torch.distributed.checkpoint.format_utils.dcp_to_torch_save")
  }
}

extension PickleHeap {
  fileprivate func elements(_ value: PickleValue?) -> [PickleValue]? {
    switch value {
    case .list(let index): lists[index]
    // The tuples can have been freed.
    case .tuple(let index) where tuples.indices.contains(index): tuples[index]
    default: nil
    }
  }
}
