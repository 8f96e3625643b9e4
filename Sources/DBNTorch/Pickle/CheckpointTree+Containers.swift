import DBNTensors

extension CheckpointTree {
  /// The numbers of values and levels in a container.
  struct Sum {
    var count = 1
    var height = 1

    func converted(_ value: CheckpointValue) -> Converted {
      Converted(value: value, count: count, height: height)
    }
  }

  mutating func sequence(
    _ elements: [PickleValue], _ make: ([CheckpointValue]) -> CheckpointValue
  ) throws(CheckpointError) -> Converted {
    var sum = Sum()
    let values = try children(elements, &sum)
    return sum.converted(make(values))
  }

  mutating func dictionary(
    _ dictionary: PickleDictionary
  ) throws(CheckpointError) -> Converted {
    var result = CheckpointDictionary(dictionary.kind)
    var sum = Sum()
    result.reserveCapacity(dictionary.entries.count)
    for (key, value) in dictionary.entries {
      guard let name = heap.key(key) else { return try opaque(dictionary, dueTo: key) }
      result.set(name, to: try child(value, name.description, &sum))
    }
    for (name, value) in dictionary.attributes {
      result.attributes.append((name, try child(value, name, &sum)))
    }
    return sum.converted(.dictionary(result))
  }

  /// A dictionary with keys that a checkpoint can't have, kept for comparisons.
  ///
  /// - Parameter key: the first such key.
  private mutating func opaque(
    _ dictionary: PickleDictionary, dueTo key: PickleValue
  ) throws(CheckpointError) -> Converted {
    var object = PickleOpaque(name: dictionary.kind.path, arguments: [])
    object.entries = dictionary.entries
    let converted = try opaque(object, attributes: dictionary.attributes)
    guard opaqueDepth == 0, case .opaque(var value) = converted.value else { return converted }
    value.name = dictionary.kind.rawValue
    value.unreadableReason =
      "has a key of the type \(heap.typeName(key)), where a checkpoint can have text, numbers and "
      + "tuples of them: save the dict with such keys"
    return Converted(value: .opaque(value), count: converted.count, height: converted.height)
  }

  mutating func opaque(
    _ object: PickleOpaque, attributes: [(name: String, value: PickleValue)] = []
  ) throws(CheckpointError) -> Converted {
    opaqueDepth += 1
    defer { opaqueDepth -= 1 }
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
    return sum.converted(.opaque(result))
  }

  mutating func children(
    _ elements: [PickleValue], _ sum: inout Sum
  ) throws(CheckpointError) -> [CheckpointValue] {
    var values: [CheckpointValue] = []
    values.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      values.append(try child(element, "\(index)", &sum))
    }
    return values
  }

  mutating func child(
    _ value: PickleValue, _ name: @autoclosure () -> String, _ sum: inout Sum
  ) throws(CheckpointError) -> CheckpointValue {
    let isPlain = if case .int = value { true } else if case .string = value { true } else { false }
    if !isPlain { path.append(name()) }
    let converted = try converted(value)
    if !isPlain { path.removeLast() }
    sum.height = max(sum.height, converted.height + 1)
    try count(converted.count, &sum)
    return converted.value
  }

  func count(_ values: Int, _ sum: inout Sum) throws(CheckpointError) {
    sum.count += values
    guard sum.count <= valueLimit else {
      throw budget.error(.values).with(name: path.isEmpty ? nil : name)
    }
  }
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
