internal import DBNTensors

extension [Catalog.Attribute] {
  /// The root attribute `history`: a JSON array, omitted if empty.
  func history() throws(CheckpointError) -> [JSON] {
    guard let text = string(Schema.Attribute.history) else { return [] }
    guard let history = try JSON(parsing: text).array else {
      throw SchemaReader.violation("/", "has an attribute `history` that is not a JSON array")
    }
    return history
  }

  /// The root attribute `batch_norms`: a JSON object, omitted if nothing is known.
  func batchNormSettings() throws(CheckpointError) -> BatchNormSettingsTable {
    guard let text = string(Schema.Attribute.batchNorms) else { return BatchNormSettingsTable() }
    guard let settings = BatchNormSettingsTable(try JSON(parsing: text)) else {
      throw SchemaReader.violation(
        "/", "has an attribute `batch_norms` that is not a JSON object of epsilon and momentum")
    }
    return settings
  }

  /// The root attribute `checksums`: the CRC-32 of each tensor's bytes by its path.
  func checksums() throws(CheckpointError) -> ChecksumTable {
    guard let text = string(Schema.Attribute.checksums) else { return ChecksumTable() }
    return try ChecksumTable(parsing: text)
  }
}

extension Catalog.Group {
  /// The attribute `overrides`, by link name: the kind and gradient of tensors whose name in this
  /// group has other values than their dataset, which tied names share.
  func overrides() throws(CheckpointError) -> [CheckpointDictionary.Key: TensorOverride] {
    guard let text = attributes.string(Schema.Attribute.overrides) else { return [:] }
    guard let members = try JSON(parsing: text).members else {
      throw SchemaReader.violation(path, "has an attribute `overrides` that is not a JSON object")
    }
    var overrides: [CheckpointDictionary.Key: TensorOverride] = [:]
    for member in members {
      guard let override = TensorOverride(member.value) else {
        throw SchemaReader.violation(
          path.appending(link: member.name),
          "the group's attribute `overrides` lacks its kind or requires_grad")
      }
      overrides[.string(member.name)] = override
    }
    return overrides
  }
}

/// The properties of a tensor under one of its names.
struct TensorOverride {
  private let kind: Tensor.Kind
  private let requiresGrad: Bool

  init?(_ json: JSON) {
    guard
      let kind = json[Schema.Attribute.kind]?.string.flatMap({
        Schema.Kind(rawValue: $0)?.tensorKind
      }),
      case .bool(let requiresGrad) = json[Schema.Attribute.requiresGrad]
    else { return nil }
    self.kind = kind
    self.requiresGrad = requiresGrad
  }

  func applied(to value: CheckpointValue) -> CheckpointValue {
    guard case .tensor(var tensor) = value else { return value }
    tensor.kind = kind
    tensor.requiresGrad = requiresGrad
    return .tensor(tensor)
  }
}
