internal import DBNTensors

/// Reads a file with the schema: the tree of values that it was written from.
struct SchemaReader {
  private(set) var contents: DatasetContents
  private var walk: GroupWalk
  private var checksums = ChecksumTable()
  /// The overrides by the index of the open group.
  private var overrides: [Int: [CheckpointDictionary.Key: TensorOverride]] = [:]

  /// Whether the file states that it follows the schema, in any version.
  static func describes(_ catalog: Catalog) -> Bool {
    catalog.groups[0].attributes.string(Schema.Attribute.schema) == Schema.name
  }

  static func read(_ catalog: Catalog, _ file: ByteRegion) throws(CheckpointError) -> Checkpoint {
    if !catalog.isSalvaged { try catalog.requireReadable() }
    let root = catalog.groups[0].attributes
    guard root[Schema.Attribute.version] == .int(Schema.version) else {
      throw CheckpointError(
        .schemaVersion,
        "follows a version of the schema \(Schema.name) that this release can't read",
        advice: "read it with a newer release of dbn-convert")
    }
    var reader = SchemaReader(
      contents: DatasetContents(catalog, file, followsSchema: true),
      walk: GroupWalk(catalog, of: file))
    reader.checksums = try root.checksums()
    let value = try reader.readRoot()
    if !catalog.isSalvaged { try reader.refuseUnusedChecksums() }
    return Checkpoint(
      root: value, history: try root.history(), graph: root.string(Schema.Attribute.graph),
      batchNormSettings: try root.batchNormSettings())
  }

  private init(contents: DatasetContents, walk: GroupWalk) {
    self.contents = contents
    self.walk = walk
  }

  private var catalog: Catalog { contents.catalog }

  private mutating func readRoot() throws(CheckpointError) -> CheckpointValue {
    guard kind(ofGroup: 0) == .value else { return try value(ofGroup: 0, path: "") }
    try walk.enter(0, name: "/")
    guard let link = catalog.groups[0].links.first, catalog.groups[0].links.count == 1,
      link.name.isIdentical(to: Schema.value)
    else { throw SchemaReader.violation("/", "must have one link, named value") }
    return try value(of: link, in: 0, path: link.name)
  }

  private func kind(ofGroup index: Int) -> Schema.Kind? {
    catalog.groups[index].attributes.string(Schema.Attribute.kind)
      .flatMap { Schema.Kind(rawValue: $0) }
  }

  /// The value of a link; of a file that is salvaged, an unreadable entry if it is lost.
  private mutating func value(
    of link: Catalog.Link, in group: Int, path: String
  ) throws(CheckpointError) -> CheckpointValue {
    do throws(CheckpointError) {
      return try readValue(of: link, in: group, path: path)
    } catch  where catalog.isSalvaged {
      guard let value = OpaqueValue(unreadable: error, isSalvaged: true) else { throw error }
      return .opaque(value)
    }
  }

  private mutating func readValue(
    of link: Catalog.Link, in group: Int, path: String
  ) throws(CheckpointError) -> CheckpointValue {
    switch try walk.follow(link, in: group, name: path) {
    case .group(let child): return try value(ofGroup: child, path: path)
    case .dataset(let index):
      let value = try contents.value(index, crc32: checksums.take(path))
      return overrides[group]?[.string(link.name)]?.applied(to: value) ?? value
    }
  }

  private mutating func value(
    ofGroup index: Int, path: String
  ) throws(CheckpointError) -> CheckpointValue {
    try walk.enter(index, name: path)
    defer { walk.leave(index) }
    overrides[index] = try catalog.groups[index].overrides()
    let kind = kind(ofGroup: index)
    if let kind = kind?.dictionaryKind {
      return .dictionary(try dictionary(kind, index, path))
    }
    let elements = try elements(index, path)
    switch kind {
    case .list: return .list(elements)
    case .tuple: return .tuple(elements)
    case .set: return .set(elements)
    default:
      throw SchemaReader.violation(
        path.isEmpty ? "/" : path, "is a group whose attribute `kind` is missing or unknown")
    }
  }

  private mutating func dictionary(
    _ kind: CheckpointDictionary.Kind, _ index: Int, _ path: String
  ) throws(CheckpointError) -> CheckpointDictionary {
    let group = catalog.groups[index]
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
      dictionary.set(key, to: try value(of: link, in: index, path: path))
    }
    return dictionary
  }

  /// The members of a list, tuple or set, whose links are named 0, 1, 2, ...
  private mutating func elements(
    _ index: Int, _ path: String
  ) throws(CheckpointError) -> [CheckpointValue] {
    var elements: [CheckpointValue] = []
    for link in catalog.groups[index].links {
      let path = path.appending(link: link.name)
      guard link.name.isIdentical(to: "\(elements.count)") else {
        throw SchemaReader.violation(path, "must be named \(elements.count), as the next element")
      }
      elements.append(try value(of: link, in: index, path: path))
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

extension Catalog {
  /// Refuses what other files may have and this toolkit does not write: everything in a file of the
  /// schema is a part of the checkpoint.
  fileprivate func requireReadable() throws(CheckpointError) {
    guard remarks.count(.otherName) == 0 else {
      throw CheckpointError(
        .invalidText, "\(remarks.count(.otherName)) names of links are not valid UTF-8",
        advice: "rename them with the tool that wrote the file")
    }
    for attributes in groups.map(\.attributes) + datasets.map(\.attributes) {
      for case .unreadable(let error) in attributes.map(\.value) { throw error }
    }
    for dataset in datasets {
      if case .unreadable(let error) = dataset.extent { throw error }
    }
  }
}
