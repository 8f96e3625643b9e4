@testable import Tensors

/// What `TaggedJSON` writes, by way of JSON's tree: an oracle.
extension TaggedJSON {
  func tree(
    _ value: CheckpointValue, _ name: String = "", _ depth: Int = 0
  ) throws(CheckpointError) -> JSON {
    guard depth <= CheckpointLimits.depth else { throw Self.tooDeep(name) }
    switch value {
    case .none: return .null
    case .bool(let flag): return .bool(flag)
    case .int(let number): return .int(number)
    case .string(let text): return .string(text)
    case .largeInt(let bytes): return [Tag.int: .string(bytes.hexadecimal)]
    case .float(let number): return json(number)
    case .complex(let real, let imaginary): return [Tag.complex: [json(real), json(imaginary)]]
    case .bytes(let bytes): return [Tag.bytes: .string(bytes.hexadecimal)]
    case .byteArray(let bytes): return [Tag.byteArray: .string(bytes.hexadecimal)]
    case .size(let sizes): return [Tag.size: .array(sizes.map { .int($0) })]
    case .scalarType(let type): return [Tag.scalarType: .string(type.name)]
    case .device(let device): return [Tag.device: .string(device)]
    case .list(let elements): return try json(elements, name, depth)
    case .tuple(let elements): return [Tag.tuple: try json(elements, name, depth)]
    case .set(let elements): return [Tag.set: try json(elements, name, depth)]
    case .dictionary(let dictionary): return try json(dictionary, name, depth)
    case .tensor(let tensor): return try json(tensor, name)
    case .opaque(let value): throw .opaque(value, name: name)
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

  private func json(_ number: Double) -> JSON {
    if number.isFinite { return .double(number) }
    if number.isInfinite { return [Tag.float: number < 0 ? "-inf" : "inf"] }
    if number.bitPattern == Double.nan.bitPattern { return [Tag.float: "nan"] }
    let digits = String(number.bitPattern, radix: 16)
    return [Tag.float: .string(String(repeating: "0", count: 16 - digits.count) + digits)]
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
      let key: JSON =
        switch entry.key {
        case .int(let number): .int(number)
        case .string(let text): .string(text)
        }
      let name = name.appending(key: entry.key.description)
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

extension [UInt8] {
  fileprivate var hexadecimal: String {
    map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
