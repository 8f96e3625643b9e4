extension CheckpointValue {
  /// The values directly inside a mapping, list, tuple or set, by key or position.
  package var children: [(key: CheckpointDictionary.Key, value: CheckpointValue)] {
    if let dictionary { return dictionary.entries.map { ($0.key, $0.value) } }
    return (elements ?? []).enumerated().map { (.int($0.offset), $0.element) }
  }

  /// The value directly inside, by key or position.
  package func child(_ key: CheckpointDictionary.Key) -> CheckpointValue? {
    if let dictionary { return dictionary[key] }
    guard case .int(let position) = key, let elements, elements.indices.contains(position) else {
      return nil
    }
    return elements[position]
  }

  /// The container with the value of an existing key replaced.
  package func replacingChild(
    _ key: CheckpointDictionary.Key, with value: CheckpointValue
  ) -> CheckpointValue {
    if var dictionary {
      dictionary.set(key, to: value)
      return .dictionary(dictionary)
    }
    guard case .int(let position) = key, var elements, elements.indices.contains(position) else {
      return self
    }
    elements[position] = value
    switch self {
    case .tuple: return .tuple(elements)
    case .set: return .set(elements)
    default: return .list(elements)
    }
  }
}
