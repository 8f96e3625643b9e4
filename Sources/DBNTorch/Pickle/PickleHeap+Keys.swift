import DBNTensors

/// Values of a pickle that can be made without the tree around them.
extension PickleHeap {
  /// How large a key other than a string may be: values in it, and bytes of its texts. Few bytes of
  /// a pickle can use one key many times.
  private static let largestKey = 256
  /// How deep tuples in a key may be.
  private static let keyDepth = 8

  /// The value as a key of a `CheckpointDictionary`; nil if it can't be one.
  func key(_ value: PickleValue) -> CheckpointDictionary.Key? {
    switch value {
    case .string(let index): return .string(strings[index])
    case .int(let number): return .int(number)
    default:
      var room = Self.largestKey
      return plain(value, &room, depth: 0).flatMap { CheckpointDictionary.Key($0) }
    }
  }

  private func plain(
    _ value: PickleValue, _ room: inout Int, depth: Int
  ) -> CheckpointValue? {
    room -= max(size(value), 1)
    guard room >= 0, depth <= Self.keyDepth else { return nil }
    switch value {
    case .none: return CheckpointValue.none
    case .bool(let flag): return .bool(flag)
    case .int(let number): return .int(number)
    case .float(let number): return .float(number)
    case .string(let index): return .string(strings[index])
    case .bytes(let index): return .bytes(byteStrings[index].array)
    case .leaf(let index): return leaves[index]
    case .global(let index): return globals[index].value
    case .tuple(let index):
      var elements: [CheckpointValue] = []
      for element in tuples[index] {
        guard let element = plain(element, &room, depth: depth + 1) else { return nil }
        elements.append(element)
      }
      return .tuple(elements)
    default: return nil
    }
  }
}
