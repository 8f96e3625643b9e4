@testable import DBNTensors

/// What `TaggedJSON` writes, by way of JSON's tree: an oracle for all that is not a leaf.
extension TaggedJSON {
  func tree(
    _ value: CheckpointValue, _ name: String = "", _ depth: Int = 0
  ) throws(CheckpointError) -> JSON {
    guard depth <= CheckpointLimits.depth else { throw Self.tooDeep(name) }
    switch value {
    case .list(let elements): return try json(elements, name, depth)
    case .tuple(let elements): return [Tag.tuple: try json(elements, name, depth)]
    case .set(let elements): return [Tag.set: try json(elements, name, depth)]
    case .dictionary(let dictionary): return try json(dictionary, name, depth)
    case .tensor(let tensor): return try json(tensor, name)
    case .opaque(let value): throw .opaque(value, name: name)
    default: return Self.json(value)
    }
  }

  private func json(
    _ elements: [CheckpointValue], _ name: String, _ depth: Int
  ) throws(CheckpointError) -> JSON {
    .array(
      try elements.map { element throws(CheckpointError) in
        try tree(element, name, depth + 1)
      })
  }

  private func json(
    _ dictionary: CheckpointDictionary, _ name: String, _ depth: Int
  ) throws(CheckpointError) -> JSON {
    let hasStringKeys = dictionary.entries.allSatisfy { $0.key.string != nil }
    let entries =
      hasStringKeys ? try object(dictionary, name, depth) : try pairs(dictionary, name, depth)
    if dictionary.kind == .dict, hasStringKeys, dictionary.attributes.isEmpty { return entries }
    var members = [JSON.Member(dictionary.kind.tag, entries)]
    if !dictionary.attributes.isEmpty {
      let attributes = try attributes(dictionary, name, depth + 1)
      members.append(JSON.Member(Tag.attributes, attributes))
    }
    return .object(members)
  }

  private func attributes(
    _ dictionary: CheckpointDictionary, _ name: String, _ depth: Int
  ) throws(CheckpointError) -> JSON {
    var members: [JSON.Member] = []
    for (attribute, value) in dictionary.attributes {
      let name = name.appending(key: attribute)
      members.append(JSON.Member(attribute, try tree(value, name, depth)))
    }
    return .object(members)
  }

  private func object(
    _ dictionary: CheckpointDictionary, _ name: String, _ depth: Int
  ) throws(CheckpointError) -> JSON {
    var members: [JSON.Member] = []
    for entry in dictionary.entries {
      let key = entry.key.description
      let escaped = key.utf8.first == UInt8(ascii: "$") ? "$" + key : key
      let name = name.appending(key: key)
      members.append(JSON.Member(escaped, try tree(entry.value, name, depth + 1)))
    }
    return .object(members)
  }

  private func pairs(
    _ dictionary: CheckpointDictionary, _ name: String, _ depth: Int
  ) throws(CheckpointError) -> JSON {
    var pairs: [JSON] = []
    for entry in dictionary.entries {
      let name = name.appending(key: entry.key.description)
      let key = try tree(entry.key.value, name, depth + 1)
      pairs.append([key, try tree(entry.value, name, depth + 1)])
    }
    return .array(pairs)
  }
}

extension String {
  fileprivate func appending(key: String) -> String {
    isEmpty ? key : "\(self)/\(key)"
  }
}
