extension Budget {
  /// Charges the values of a tree, and the bytes of their full names and texts, as a command that
  /// lists all of them would have them in memory.
  ///
  /// - Throws: `limitExceeded`, with the name of the value that exceeds a limit.
  package func charge(_ root: CheckpointValue) throws(CheckpointError) {
    var meter = TreeMeter(values: left(for: .values), text: left(for: .text))
    do throws(TreeMeter.Excess) {
      try meter.add(root)
    } catch {
      throw self.error(error.cost).with(name: "\(EntryPath(error.path))")
    }
    try spend(meter.values.spent, on: .values)
    try spend(meter.text.spent, on: .text)
  }
}

/// Counts the values of a tree. It stops at the limits, so that a tree in which values are used very
/// often costs no more than the limits allow.
private struct TreeMeter {
  struct Account {
    let limit: Int
    var spent = 0
  }

  struct Excess: Error {
    let cost: ReadingCost
    let path: [CheckpointDictionary.Key]
  }

  var values: Account
  var text: Account
  private var path: [CheckpointDictionary.Key] = []
  private var pathByteCount = 0

  init(values: Int, text: Int) {
    self.values = Account(limit: values)
    self.text = Account(limit: text)
  }

  /// Recurses at most `CheckpointLimits.depth` levels, which every reader enforces.
  mutating func add(_ value: CheckpointValue) throws(Excess) {
    values.spent += 1
    guard values.spent <= values.limit else { throw Excess(cost: .values, path: path) }
    switch value {
    case .list(let elements), .tuple(let elements), .set(let elements): try add(elements)
    case .dictionary(let dictionary):
      for entry in dictionary.entries { try add(entry.value, under: entry.key) }
      for (name, value) in dictionary.attributes { try add(value, under: .string(name)) }
    case .opaque(let opaque):
      try addText(opaque.name.utf8.count)
      for (place, part) in opaque.parts.enumerated() { try add(part, under: .int(place)) }
    default: try addText(value.textByteCount + pathByteCount)
    }
  }

  private mutating func add(_ elements: [CheckpointValue]) throws(Excess) {
    for (place, element) in elements.enumerated() { try add(element, under: .int(place)) }
  }

  private mutating func add(
    _ value: CheckpointValue, under key: CheckpointDictionary.Key
  ) throws(Excess) {
    let byteCount = key.byteCount + 1
    path.append(key)
    pathByteCount += byteCount
    try add(value)
    pathByteCount -= byteCount
    path.removeLast()
  }

  private mutating func addText(_ byteCount: Int) throws(Excess) {
    text.spent += byteCount
    guard text.spent <= text.limit else { throw Excess(cost: .text, path: path) }
  }
}

extension CheckpointDictionary.Key {
  /// About as many bytes as the key has as text.
  fileprivate var byteCount: Int {
    switch self {
    case .string(let text): text.utf8.count
    case .int: 4
    case .other(let key): key.json.utf8.count
    }
  }
}

extension CheckpointValue {
  /// The bytes of a text, and of what else may have any length.
  fileprivate var textByteCount: Int {
    switch self {
    case .string(let text), .device(let text), .constant(let text): text.utf8.count
    case .surrogateString(let bytes), .bytes(let bytes), .byteArray(let bytes),
      .largeInt(let bytes):
      bytes.count
    case .size(let sizes): 8 * sizes.count
    case .tensor(let tensor): 8 * tensor.shape.count
    default: 0
    }
  }
}
