internal import DBNTensors

/// Reads a file of the schema: the tree of values it was written from.
struct SchemaReader {
  private(set) var contents: DatasetContents
  private var resolver: CatalogResolver
  private var checksums = ChecksumTable()
  private var openGroups: Set<Int> = []
  /// By open group.
  private var overrides: [Int: [CheckpointDictionary.Key: TensorOverride]] = [:]
  private var visits = 0
  private let entryLimit: Int

  /// Whether the file says that it follows the schema, of any version.
  static func describes(_ catalog: Catalog) -> Bool {
    catalog.groups[0].attributes.string(Schema.Attribute.schema) == Schema.name
  }

  static func read(_ catalog: Catalog, _ file: ByteRegion) throws(CheckpointError) -> Checkpoint {
    let root = catalog.groups[0].attributes
    guard root[Schema.Attribute.version] == .int(Schema.version) else {
      throw CheckpointError(
        .schemaVersion, "follows a version of the schema \(Schema.name) that is not known here",
        advice: "read it with a newer release of dbn-convert")
    }
    var reader = SchemaReader(
      contents: DatasetContents(catalog, file, followsSchema: true),
      resolver: CatalogResolver(catalog))
    reader.checksums = try root.checksums()
    let value = try reader.readRoot()
    try reader.refuseUnusedChecksums()
    return Checkpoint(
      root: value, history: try root.history(), graph: root.string(Schema.Attribute.graph),
      batchNormSettings: try root.batchNormSettings())
  }

  private init(contents: DatasetContents, resolver: CatalogResolver) {
    self.contents = contents
    entryLimit = contents.catalog.entryLimit
    self.resolver = resolver
  }

  private var catalog: Catalog { contents.catalog }

  private mutating func readRoot() throws(CheckpointError) -> CheckpointValue {
    guard catalog.groups[0].attributes.string(Schema.Attribute.kind) == Schema.value else {
      return try value(ofGroup: 0, path: "", depth: 0)
    }
    openGroups = [0]
    guard let link = catalog.groups[0].links.first, catalog.groups[0].links.count == 1,
      link.name.isIdentical(to: Schema.value)
    else { throw SchemaReader.violation("/", "must have one link, named value") }
    return try value(of: link, in: 0, path: link.name, depth: 1)
  }

  private mutating func value(
    of link: Catalog.Link, in group: Int, path: String, depth: Int
  ) throws(CheckpointError) -> CheckpointValue {
    visits += 1
    guard visits <= entryLimit else {
      throw CheckpointError(
        .limitExceeded, name: path,
        "groups are linked from so many places that the entries can't be counted")
    }
    switch try resolver.object(link, in: group) {
    case .group(let child): return try value(ofGroup: child, path: path, depth: depth)
    case .dataset(let place):
      let value = try contents.value(place, crc32: checksums.take(path))
      return overrides[group]?[.string(link.name)]?.applied(to: value) ?? value
    case .namedType: throw CheckpointError.namedType(path)
    }
  }

  private mutating func value(
    ofGroup place: Int, path: String, depth: Int
  ) throws(CheckpointError) -> CheckpointValue {
    guard openGroups.insert(place).inserted else { throw CheckpointError.groupCycle(path) }
    overrides[place] = try catalog.groups[place].overrides()
    defer { openGroups.remove(place) }
    guard depth <= CheckpointLimits.depth else { throw CheckpointError.tooDeep(path) }
    let kind = catalog.groups[place].attributes.string(Schema.Attribute.kind) ?? ""
    if let kind = CheckpointDictionary.Kind(rawValue: kind) {
      return .dictionary(try dictionary(kind, place, path, depth))
    }
    let elements = try elements(place, path, depth)
    switch kind {
    case "list": return .list(elements)
    case "tuple": return .tuple(elements)
    case "set": return .set(elements)
    default:
      throw SchemaReader.violation(
        path.isEmpty ? "/" : path, "is a group whose attribute `kind` is missing or unknown")
    }
  }

  private mutating func dictionary(
    _ kind: CheckpointDictionary.Kind, _ place: Int, _ path: String, _ depth: Int
  ) throws(CheckpointError) -> CheckpointDictionary {
    let group = catalog.groups[place]
    var dictionary = CheckpointDictionary(kind)
    let hasIntKeys = group.attributes[Schema.Attribute.intKeys] == .bool(true)
    if let text = group.attributes.string(Schema.Attribute.attributes) {
      dictionary.attributes = try TaggedJSON.schema.attributes(parsing: text, name: path)
    }
    dictionary.reserveCapacity(group.links.count)
    for link in group.links {
      let path = path.appending(link: link.name)
      let key = try LinkName.decode(link.name, hasIntKeys: hasIntKeys, path: path)
      guard !dictionary.contains(key) else {
        throw CheckpointError(.duplicateKey, name: path, "two links stand for one key")
      }
      dictionary.set(key, to: try value(of: link, in: place, path: path, depth: depth + 1))
    }
    return dictionary
  }

  /// The members of a list, tuple or set, whose links are named 0, 1, 2, ...
  private mutating func elements(
    _ place: Int, _ path: String, _ depth: Int
  ) throws(CheckpointError) -> [CheckpointValue] {
    var elements: [CheckpointValue] = []
    for link in catalog.groups[place].links {
      let path = path.appending(link: link.name)
      guard link.name.isIdentical(to: "\(elements.count)") else {
        throw SchemaReader.violation(path, "must be named \(elements.count), as the next element")
      }
      elements.append(try value(of: link, in: place, path: path, depth: depth + 1))
    }
    return elements
  }

  private func refuseUnusedChecksums() throws(CheckpointError) {
    guard let path = checksums.firstUnused else { return }
    throw CheckpointError(
      .missingDataset, name: path, "the file has a checksum for this tensor, but not the tensor",
      advice: "get the file again; if the tensor was removed on purpose, remove the root "
        + "attribute `checksums`")
  }

  static func violation(_ name: String, _ reason: String) -> CheckpointError {
    CheckpointError(.schemaViolation, name: name, reason, advice: "see docs/hdf5-schema.md")
  }
}
