internal import Tensors

extension [Catalog.Attribute] {
  /// The root attribute `history`: a JSON array, left out when empty.
  func history() throws(CheckpointError) -> [JSON] {
    guard let text = string(Schema.Attribute.history) else { return [] }
    guard let history = try JSON(parsing: text).array else {
      throw SchemaReader.violation("/", "has an attribute `history` that is not a JSON array")
    }
    return history
  }

  /// The root attribute `checksums`: the CRC-32 of each tensor's bytes by its path.
  func checksums() throws(CheckpointError) -> [CheckpointDictionary.Key: UInt32] {
    guard let text = string(Schema.Attribute.checksums) else { return [:] }
    guard let members = try JSON(parsing: text).members else {
      throw SchemaReader.violation("/", "has an attribute `checksums` that is not a JSON object")
    }
    var checksums: [CheckpointDictionary.Key: UInt32] = [:]
    for member in members {
      guard let digits = member.value.string, digits.utf8.count == 8,
        let checksum = UInt32(digits, radix: 16)
      else { throw SchemaReader.violation(member.name, "has a checksum of the wrong form") }
      checksums[.string(member.name)] = checksum
    }
    return checksums
  }
}

extension Catalog.Group {
  /// Gives a tensor the kind it has under this name, where the attribute `overrides` says that it
  /// differs from what the dataset, which tied names share, says.
  func override(
    _ value: inout CheckpointValue, link: String
  ) throws(CheckpointError) {
    guard case .tensor(var tensor) = value,
      let text = attributes.string(Schema.Attribute.overrides),
      let own = try JSON(parsing: text)[link]
    else { return }
    guard let kind = own[Schema.Attribute.kind]?.string.flatMap({ Tensor.Kind(rawValue: $0) }),
      case .bool(let requiresGrad) = own[Schema.Attribute.requiresGrad]
    else {
      throw SchemaReader.violation(
        path.appending(link: link), "the group's attribute `overrides` lacks its kind")
    }
    tensor.kind = kind
    tensor.requiresGrad = requiresGrad
    value = .tensor(tensor)
  }
}
