@testable import DBNTensors

/// What `TaggedJSON` reads, by way of JSON's tree: an oracle for all that is not a leaf.
extension TaggedJSON {
  func value(
    of json: JSON, _ name: String, _ depth: Int = 0
  ) throws(CheckpointError) -> CheckpointValue {
    guard depth <= CheckpointLimits.depth else { throw Self.tooDeep(name) }
    switch json {
    case .null: return .none
    case .bool(let flag): return .bool(flag)
    case .int(let number): return .int(number)
    case .double(let number): return .float(number)
    case .string(let text): return .string(text)
    case .array(let elements): return .list(try values(elements, name, depth))
    case .object(let members):
      guard let tag = members.first?.name, Self.isTag(tag) else {
        return .dictionary(try dictionary(.dict, json, name, depth))
      }
      return try value(tag, members, name, depth)
    }
  }

  private func attributes(
    of json: JSON, _ name: String, _ depth: Int
  ) throws(CheckpointError) -> [(name: String, value: CheckpointValue)] {
    guard let members = json.members else { throw invalid(name) }
    var attributes: [(name: String, value: CheckpointValue)] = []
    for member in members {
      attributes.append((member.name, try value(of: member.value, name, depth)))
    }
    return attributes
  }

  private func value(
    _ tag: String, _ members: [JSON.Member], _ name: String, _ depth: Int
  ) throws(CheckpointError) -> CheckpointValue {
    let content = members[0].value
    let kind = CheckpointDictionary.Kind(rawValue: String(tag.dropFirst()))
    if let kind { return .dictionary(try mapping(kind, members, name, depth)) }
    if tag.isIdentical(to: Self.tensorTag) {
      return .tensor(try tensor(.object(members), name))
    }
    guard members.count == 1 else { throw invalid(name) }
    switch (tag, content) {
    case (Tag.tuple, .array(let elements)): return .tuple(try values(elements, name, depth))
    case (Tag.set, .array(let elements)): return .set(try values(elements, name, depth))
    default: return try leaf(tag, content, name)
    }
  }

  private func mapping(
    _ kind: CheckpointDictionary.Kind, _ members: [JSON.Member], _ name: String, _ depth: Int
  ) throws(CheckpointError) -> CheckpointDictionary {
    var dictionary = try dictionary(kind, members[0].value, name, depth)
    guard members.count > 1 else { return dictionary }
    guard members.count == 2, members[1].name == Tag.attributes else { throw invalid(name) }
    dictionary.attributes = try attributes(of: members[1].value, name, depth + 1)
    return dictionary
  }

  private func dictionary(
    _ kind: CheckpointDictionary.Kind, _ json: JSON, _ name: String, _ depth: Int
  ) throws(CheckpointError) -> CheckpointDictionary {
    var dictionary = CheckpointDictionary(kind)
    for (key, content) in try entries(json, name, depth) {
      guard !dictionary.contains(key) else { throw invalid(name) }
      dictionary.set(key, to: try value(of: content, name, depth + 1))
    }
    return dictionary
  }

  private func entries(
    _ json: JSON, _ name: String, _ depth: Int
  ) throws(CheckpointError) -> [(CheckpointDictionary.Key, JSON)] {
    switch json {
    case .object(let members):
      return try members.map { member throws(CheckpointError) in
        guard !Self.isTag(member.name) else { throw invalid(name) }
        return (.string(Self.unescaped(member.name)), member.value)
      }
    case .array(let pairs):
      return try pairs.map { pair throws(CheckpointError) in
        guard let pair = pair.array, pair.count == 2 else { throw invalid(name) }
        guard let key = CheckpointDictionary.Key(try value(of: pair[0], name, depth + 1)) else {
          throw invalid(name)
        }
        return (key, pair[1])
      }
    default: throw invalid(name)
    }
  }

  private func values(
    _ elements: [JSON], _ name: String, _ depth: Int
  ) throws(CheckpointError) -> [CheckpointValue] {
    try elements.map { element throws(CheckpointError) in
      try value(of: element, name, depth + 1)
    }
  }
}
