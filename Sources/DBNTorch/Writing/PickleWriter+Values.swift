import DBNTensors

extension PickleWriter {
  /// Recurses at most `CheckpointLimits.depth` levels.
  mutating func write(_ value: CheckpointValue, depth: Int) throws(CheckpointError) {
    guard depth <= CheckpointLimits.depth else {
      throw CheckpointError(
        .limitExceeded, name: "\(path)",
        "is nested more than \(CheckpointLimits.depth) levels deep",
        advice: "write it with fewer levels")
    }
    switch value {
    case .none: put(.pushNone)
    case .bool(let flag): put(flag)
    case .int(let number): put(number)
    case .largeInt(let bytes): put(large: bytes)
    case .float(let number): put(number)
    case .complex(let real, let imaginary): put(real, imaginary)
    case .string(let text): put(text)
    case .bytes(let bytes):
      put(latin1: bytes, by: PickleName.encode, PickleName.Latin1.ofBytes)
    case .byteArray(let bytes):
      put(latin1: bytes, by: Python2.builtin(PickleName.byteArray), PickleName.Latin1.ofByteArray)
    case .list(let elements): try write(list: elements, depth)
    case .tuple(let elements): try write(tuple: elements, depth)
    case .set(let elements): try write(set: elements, depth)
    case .dictionary(let dictionary): try write(dictionary, depth)
    case .tensor(let tensor): write(tensor)
    case .size(let sizes): put(size: sizes)
    case .scalarType(let type): put(global: PickleName.scalarType(type))
    case .device(let device): put(device: device)
    case .constant(let name): put(constant: name)
    case .surrogateString(let bytes): put(text: bytes)
    // `refusal` has already thrown.
    case .opaque: put(.pushNone)
    }
  }

  private mutating func put(_ real: Double, _ imaginary: Double) {
    put(global: Python2.builtin(PickleName.complex))
    put(real)
    put(imaginary)
    put(.tuple2)
    put(.reduce)
  }

  /// Writes bytes as in protocol 2: as a Latin-1 string.
  private mutating func put(latin1 bytes: [UInt8], by function: String, _ codec: String) {
    put(global: function)
    put(once: String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })))
    put(codec)
    put(.tuple2)
    put(.reduce)
  }

  private mutating func put(size sizes: [Int]) {
    put(global: PickleName.size)
    put(sizes)
    put(.tuple1)
    put(.reduce)
  }

  /// Writes a constant as `torch.save` does: layouts have a function, others are globals.
  private mutating func put(constant name: String) {
    guard TorchConstants.layouts.contains(name) else { return put(global: name) }
    put(global: PickleName.layout)
    put(name)
    put(.tuple1)
    put(.reduce)
  }

  /// Writes a `torch.device`, which takes type and index separately.
  private mutating func put(device: String) {
    put(global: PickleName.device)
    let parts = device.split(separator: ":", maxSplits: 1)
    if parts.count == 2, let index = Int(parts[1]) {
      put(String(parts[0]))
      put(index)
      put(.tuple2)
    } else {
      put(device)
      put(.tuple1)
    }
    put(.reduce)
  }
}

/// Containers, whose items PyTorch writes 1000 at a time.
extension PickleWriter {
  private static let batchSize = 1000

  private mutating func write(
    list elements: [CheckpointValue], _ depth: Int
  ) throws(CheckpointError) {
    put(.emptyList)
    for start in stride(from: 0, to: elements.count, by: Self.batchSize) {
      let end = min(start + Self.batchSize, elements.count)
      if end - start > 1 { put(.mark) }
      for index in start..<end { try write(element: elements[index], index, depth) }
      put(end - start > 1 ? .appends : .append)
    }
  }

  private mutating func write(
    tuple elements: [CheckpointValue], _ depth: Int
  ) throws(CheckpointError) {
    if elements.count > 3 { put(.mark) }
    for (index, element) in elements.enumerated() { try write(element: element, index, depth) }
    closeTuple(of: elements.count)
  }

  private mutating func write(
    set elements: [CheckpointValue], _ depth: Int
  ) throws(CheckpointError) {
    put(global: Python2.builtin(PickleName.set))
    try write(list: elements, depth)
    put(.tuple1)
    put(.reduce)
  }

  private mutating func write(
    _ dictionary: CheckpointDictionary, _ depth: Int
  ) throws(CheckpointError) {
    switch dictionary.kind {
    case .dict:
      put(.emptyDict)
      try write(items: dictionary, depth)
    case .orderedDict:
      put(global: PickleName.orderedDict)
      put(.emptyTuple)
      put(.reduce)
      try write(items: dictionary, depth)
    case .counter:
      put(global: PickleName.counter)
      put(.emptyDict)
      try write(items: dictionary, depth)
      put(.tuple1)
      put(.reduce)
    }
    try write(attributesOf: dictionary, depth)
  }

  private mutating func write(
    items dictionary: CheckpointDictionary, _ depth: Int
  ) throws(CheckpointError) {
    var entries = dictionary.entries
    var lost: Set<CheckpointDictionary.Key> = []
    for entry in entries where try !keeps(entry.value, at: entry.key) { lost.insert(entry.key) }
    // The entries are copied only if some are lost.
    if !lost.isEmpty { entries.removeAll { lost.contains($0.key) } }
    makeRoom(for: entries.count)
    for start in stride(from: 0, to: entries.count, by: Self.batchSize) {
      let batch = entries[start..<min(start + Self.batchSize, entries.count)]
      if batch.count > 1 { put(.mark) }
      for entry in batch {
        try put(entry.key, depth)
        try write(entry.value, under: entry.key, depth)
      }
      put(batch.count > 1 ? .setItems : .setItem)
    }
  }

  private mutating func put(
    _ key: CheckpointDictionary.Key, _ depth: Int
  ) throws(CheckpointError) {
    switch key {
    case .string(let text): put(text)
    case .int(let number): put(number)
    case .other(let key): try write(key.value, depth: depth + 1)
    }
  }

  /// Writes attributes such as `_metadata` with BUILD and a dict.
  private mutating func write(
    attributesOf dictionary: CheckpointDictionary, _ depth: Int
  ) throws(CheckpointError) {
    guard !dictionary.attributes.isEmpty else { return }
    if dictionary.kind == .dict {
      return try lose(at: path, "a plain dict cannot have attributes in Python")
    }
    var attributes = CheckpointDictionary()
    for (name, value) in dictionary.attributes { attributes.set(.string(name), to: value) }
    put(.emptyDict)
    try write(items: attributes, depth)
    put(.build)
  }

  private mutating func write(
    element: CheckpointValue, _ index: Int, _ depth: Int
  ) throws(CheckpointError) {
    // In a sequence, None replaces omitted values, so that the others keep their indices.
    let value = try keeps(element, at: .int(index)) ? element : .none
    try write(value, under: .int(index), depth)
  }

  private mutating func write(
    _ value: CheckpointValue, under key: CheckpointDictionary.Key, _ depth: Int
  ) throws(CheckpointError) {
    path.keys.append(key)
    try write(value, depth: depth + 1)
    path.keys.removeLast()
  }
}
