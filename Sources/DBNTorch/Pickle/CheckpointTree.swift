import DBNTensors

/// Converts the values of a pickle, which may refer to each other arbitrarily, to a tree.
///
/// Each container is converted once, however often it is reached; its size counts every time.
struct CheckpointTree {
  private struct Converted {
    let value: CheckpointValue
    /// The number of values in it, including itself.
    var count = 1
    /// The number of nested levels of containers, including itself.
    var height = 0
  }

  private let heap: PickleHeap
  private let shared: [ObjectIdentifier: TensorView]
  private let droppedAttributes: [Int: [String]]
  private var known: [PickleValue: Converted] = [:]
  /// The containers that are being converted; if one is reached again, it contains itself.
  private var open: Set<PickleValue> = []
  private var path: [String] = []
  private var attributeNotes: [Guidance] = []
  private var overlaps = TensorOverlaps()

  init(_ heap: PickleHeap, _ tensors: TensorBuilder) {
    self.heap = heap
    shared = tensors.shared
    droppedAttributes = tensors.droppedAttributes
  }

  mutating func convert(_ root: PickleValue) throws(CheckpointError) -> CheckpointValue {
    try converted(root).value
  }

  /// Recurses at most `CheckpointLimits.depth` levels.
  private mutating func converted(_ value: PickleValue) throws(CheckpointError) -> Converted {
    switch value {
    case .none, .failed: Converted(value: .none)
    case .bool(let flag): Converted(value: .bool(flag))
    case .int(let number): Converted(value: .int(number))
    case .float(let number): Converted(value: .float(number))
    case .string(let index): Converted(value: .string(heap.strings[index]))
    case .leaf(let index): leaf(index)
    case .storage, .global: Converted(value: try plain(value))
    case .list, .tuple, .set, .dictionary, .opaque: try container(value)
    }
  }

  private mutating func leaf(_ index: Int) -> Converted {
    let value = heap.leaves[index]
    if let tensor = value.tensor { note(tensor, index) }
    return Converted(value: value)
  }

  private mutating func note(_ tensor: Tensor, _ leaf: Int) {
    if let view = shared[ObjectIdentifier(tensor.storage)] { overlaps.add(view, name: name) }
    for attribute in droppedAttributes[leaf] ?? [] {
      attributeNotes.append(
        "'\(name)': the tensor's attribute '\(attribute)' is not carried over")
    }
  }

  private var name: String { path.joined(separator: "/") }

  private func plain(_ value: PickleValue) throws(CheckpointError) -> CheckpointValue {
    if case .global(let index) = value, case .scalarType(let type) = heap.globals[index].role {
      return .scalarType(type)
    }
    let what = if case .storage = value { "a bare storage" } else { heap.typeName(value) }
    throw failure(
      .pickleValue, "is \(what), which cannot be converted",
      advice: "save a tensor instead")
  }

  private mutating func container(_ value: PickleValue) throws(CheckpointError) -> Converted {
    if let converted = known[value] {
      try checkDepth(converted.height)
      return converted
    }
    try checkDepth(1)
    guard open.insert(value).inserted else {
      throw failure(.pickleCycle, "contains itself", advice: "save it without that reference")
    }
    defer { open.remove(value) }
    let converted = try contents(of: value)
    known[value] = converted
    return converted
  }

  private func checkDepth(_ height: Int) throws(CheckpointError) {
    guard open.count + height <= CheckpointLimits.depth else {
      throw failure(
        .limitExceeded, "is nested more than \(CheckpointLimits.depth) levels deep",
        advice: "save it with fewer levels")
    }
  }

  private mutating func contents(of value: PickleValue) throws(CheckpointError) -> Converted {
    switch value {
    case .list(let index): try sequence(heap.lists[index]) { .list($0) }
    case .tuple(let index): try sequence(heap.tuples[index]) { .tuple($0) }
    case .set(let index): try sequence(heap.sets[index]) { .set($0) }
    case .dictionary(let index): try dictionary(heap.dictionaries[index])
    case .opaque(let index): try opaque(heap.opaques[index])
    default: Converted(value: .none)
    }
  }

  private mutating func sequence(
    _ elements: [PickleValue], _ make: ([CheckpointValue]) -> CheckpointValue
  ) throws(CheckpointError) -> Converted {
    var sum = Sum()
    let values = try children(elements, &sum)
    return Converted(value: make(values), count: sum.count, height: sum.height)
  }

  private mutating func dictionary(
    _ dictionary: PickleDictionary
  ) throws(CheckpointError) -> Converted {
    var result = CheckpointDictionary(dictionary.kind)
    var sum = Sum()
    result.reserveCapacity(dictionary.entries.count)
    for (key, value) in dictionary.entries {
      guard let key = heap.key(key) else { return try opaque(dictionary) }
      result.set(key, to: try child(value, key.description, &sum))
    }
    for (name, value) in dictionary.attributes {
      result.attributes.append((name, try child(value, name, &sum)))
    }
    return Converted(value: .dictionary(result), count: sum.count, height: sum.height)
  }

  /// A dictionary with keys that a checkpoint can't have, as an opaque object of its class.
  private mutating func opaque(
    _ dictionary: PickleDictionary
  ) throws(CheckpointError) -> Converted {
    var object = PickleOpaque(name: dictionary.kind.path, arguments: [])
    object.entries = dictionary.entries
    return try opaque(object, attributes: dictionary.attributes)
  }

  private mutating func opaque(
    _ object: PickleOpaque, attributes: [(name: String, value: PickleValue)] = []
  ) throws(CheckpointError) -> Converted {
    var result = OpaqueValue(object.name)
    var sum = Sum()
    result.arguments = try object.arguments.map { values throws(CheckpointError) in
      try children(values, &sum)
    }
    result.state = try object.state.map { state throws(CheckpointError) in
      try child(state, "state", &sum)
    }
    if !attributes.isEmpty {
      var state = CheckpointDictionary()
      for (name, value) in attributes {
        state.set(.string(name), to: try child(value, name, &sum))
      }
      result.state = .dictionary(state)
    }
    result.elements = try children(object.elements, &sum)
    for (key, value) in object.entries {
      let name = heap.key(key)?.description ?? "\(result.entries.count)"
      result.entries.append((try child(key, name, &sum), try child(value, name, &sum)))
    }
    return Converted(value: .opaque(result), count: sum.count, height: sum.height)
  }

  private mutating func children(
    _ elements: [PickleValue], _ sum: inout Sum
  ) throws(CheckpointError) -> [CheckpointValue] {
    var values: [CheckpointValue] = []
    values.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      values.append(try child(element, "\(index)", &sum))
    }
    return values
  }

  /// The numbers of values and levels in a container.
  private struct Sum {
    var count = 1
    var height = 1
  }

  private mutating func child(
    _ value: PickleValue, _ name: @autoclosure () -> String, _ sum: inout Sum
  ) throws(CheckpointError) -> CheckpointValue {
    let isPlain = if case .int = value { true } else if case .string = value { true } else { false }
    if !isPlain { path.append(name()) }
    let converted = try converted(value)
    if !isPlain { path.removeLast() }
    sum.count += converted.count
    sum.height = max(sum.height, converted.height + 1)
    guard sum.count <= CheckpointLimits.values else {
      throw failure(
        .limitExceeded, "holds more than \(CheckpointLimits.values) values, counting repeats",
        advice: "the file is malicious; get it from elsewhere")
    }
    return converted.value
  }

  private func failure(
    _ code: CheckpointError.Code, _ reason: String, advice: Guidance
  ) -> CheckpointError {
    let name = path.isEmpty ? nil : path.joined(separator: "/")
    return CheckpointError(code, name: name, reason, advice: advice)
  }
}

extension CheckpointTree {
  /// What the user should know about how the tensors were read.
  var notes: [Guidance] { attributeNotes + overlaps.notes }
}

extension CheckpointDictionary.Kind {
  /// The class's name in pickles.
  fileprivate var path: String {
    switch self {
    case .dict: PickleName.dict
    case .orderedDict: PickleName.orderedDict
    case .counter: PickleName.counter
    }
  }
}
