internal import DBNTensors

/// Plans the file for a checkpoint: a catalog of the groups and datasets to create, and the bytes
/// of each dataset.
struct SchemaWriter {
  private(set) var catalog = Catalog()
  /// The bytes of each of the catalog's datasets.
  private(set) var contents: [TensorStorage] = []
  /// The datasets of tensors, whose checksums are stored.
  private(set) var tensors: [Int] = []
  private var numbering = TensorInterner()
  /// The tensors, by group, whose kind or gradient differs from their dataset's attributes.
  private var overrides: [Int: [JSON.Member]] = [:]
  /// The number of values in the checkpoint's tree.
  private var valueCount = 0
  /// Whether the file gets the checksums of its tensors.
  let hasChecksums: Bool

  /// A plan of a file with other contents than the schema's.
  init(_ catalog: Catalog, _ contents: [TensorStorage]) {
    self.catalog = catalog
    self.contents = contents
    tensors = Array(contents.indices)
    hasChecksums = false
  }

  init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    hasChecksums = true
    setAttribute(0, Schema.Attribute.schema, .string(Schema.name))
    setAttribute(0, Schema.Attribute.version, .int(Schema.version))
    setAttribute(0, Schema.Attribute.createdBy, .string("dbn-convert \(Toolkit.version)"))
    if !checkpoint.history.isEmpty {
      let history = JSON.array(checkpoint.history).text()
      setAttribute(0, Schema.Attribute.history, .string(history))
    }
    if let graph = checkpoint.graph { setAttribute(0, Schema.Attribute.graph, .string(graph)) }
    if !checkpoint.batchNormSettings.isEmpty {
      let settings = checkpoint.batchNormSettings.json.text()
      setAttribute(0, Schema.Attribute.batchNorms, .string(settings))
    }
    if isGroup(checkpoint.root) {
      try fill(0, with: checkpoint.root, depth: 0)
    } else {
      setAttribute(0, Schema.Attribute.kind, .string(Schema.Kind.value.rawValue))
      try add(checkpoint.root, as: Schema.value, to: 0, depth: 1)
    }
    for (group, members) in overrides {
      setAttribute(group, Schema.Attribute.overrides, .string(JSON.object(members).text()))
    }
    // It is no longer needed, and takes as much memory as the tree.
    numbering = TensorInterner()
  }

  private mutating func setAttribute(
    _ group: Int, _ name: String, _ value: Catalog.Attribute.Value
  ) {
    catalog.groups[group].attributes.append(Catalog.Attribute(name, value))
  }

  /// Whether the value becomes a group in the file; all others become datasets.
  private func isGroup(_ value: CheckpointValue) -> Bool {
    switch value {
    case .dictionary, .set: true
    case .list(let elements), .tuple(let elements): PlainNumbers(elements) == nil
    default: false
    }
  }

  private mutating func fill(
    _ group: Int, with value: CheckpointValue, depth: Int
  ) throws(CheckpointError) {
    let path = catalog.groups[group].path
    guard depth < CheckpointLimits.depth else { throw CheckpointError.tooDeep(path) }
    let kind = try Schema.Kind(value, name: path)
    setAttribute(group, Schema.Attribute.kind, .string(kind.rawValue))
    if let dictionary = value.dictionary { try fill(group, with: dictionary, depth: depth) }
    expect(value.elements?.count ?? 0, in: group)
    for (index, element) in (value.elements ?? []).enumerated() {
      try add(element, as: "\(index)", to: group, depth: depth + 1)
    }
  }

  private mutating func fill(
    _ group: Int, with dictionary: CheckpointDictionary, depth: Int
  ) throws(CheckpointError) {
    let hasIntKeys = dictionary.entries.contains { entry in
      if case .int = entry.key { true } else { false }
    }
    if hasIntKeys { setAttribute(group, Schema.Attribute.intKeys, .bool(true)) }
    if !dictionary.attributes.isEmpty {
      var text = JSONWriter()
      let path = catalog.groups[group].path
      try TaggedJSON.schema.writeAttributes(of: dictionary, to: &text) { path }
      setAttribute(group, Schema.Attribute.attributes, .string(text.text))
    }
    expect(dictionary.entries.count, in: group)
    for entry in dictionary.entries {
      let name = LinkName.encode(entry.key, hasIntKeys: hasIntKeys)
      try add(entry.value, as: name, to: group, depth: depth + 1)
    }
  }

  private mutating func add(
    _ value: CheckpointValue, as name: String, to group: Int, depth: Int
  ) throws(CheckpointError) {
    valueCount += 1
    let parent = catalog.groups[group].path
    guard valueCount <= CheckpointLimits.values else {
      throw CheckpointError(
        .limitExceeded, name: parent.appending(link: name), "the checkpoint has too many values")
    }
    if case .tensor(let tensor) = value {
      addTensor(tensor, as: name, to: group)
    } else if isGroup(value) {
      let child = catalog.groups.count
      catalog.groups.append(Catalog.Group(path: parent.appending(link: name)))
      catalog.groups[group].links.append(Catalog.Link(name, .group(child)))
      try fill(child, with: value, depth: depth)
    } else {
      addDataset(try Catalog.Dataset.encoding(value, as: name, in: parent), as: name, to: group)
    }
  }

  private mutating func addDataset(
    _ encoded: (dataset: Catalog.Dataset, bytes: TensorStorage), as name: String, to group: Int
  ) {
    catalog.groups[group].links.append(Catalog.Link(name, .dataset(contents.count)))
    catalog.datasets.append(encoded.dataset)
    contents.append(encoded.bytes)
  }

  /// Reserves capacity for the values of a group, each of which is at most one dataset.
  private mutating func expect(_ count: Int, in group: Int) {
    catalog.groups[group].links.reserveCapacity(count)
    catalog.datasets.makeRoom(for: count)
    contents.makeRoom(for: count)
    tensors.makeRoom(for: count)
    numbering.makeRoom(for: count)
  }

  private mutating func addTensor(_ tensor: Tensor, as name: String, to group: Int) {
    if let number = numbering.add(tensor) {
      let first = tensors[number]
      catalog.groups[group].links.append(Catalog.Link(name, .dataset(first)))
      noteDifference(tensor, from: first, as: name, in: group)
      return
    }
    tensors.append(contents.count)
    let dataset = Catalog.Dataset.describing(tensor, as: name, in: catalog.groups[group].path)
    addDataset((dataset, tensor.storage), as: name, to: group)
  }

  /// Tied names share the attributes of one dataset; differences under this name are recorded in an
  /// attribute of the group.
  private mutating func noteDifference(
    _ tensor: Tensor, from first: Int, as name: String, in group: Int
  ) {
    let own = Catalog.Dataset.describing(tensor, as: name, in: "").attributes
    let shared = catalog.datasets[first].attributes
    let names = [Schema.Attribute.kind, Schema.Attribute.requiresGrad]
    guard names.contains(where: { own[$0] != shared[$0] }) else { return }
    let member = JSON.Member(
      name,
      [
        Schema.Attribute.kind: .string(Schema.Kind(tensor.kind).rawValue),
        Schema.Attribute.requiresGrad: .bool(tensor.requiresGrad),
      ])
    overrides[group, default: []].append(member)
  }
}

extension SchemaWriter {
  /// The attribute `checksums`: a JSON object with the CRC-32 of each tensor's bytes.
  ///
  /// - Parameter checksums: the checksums of all datasets' bytes.
  func text(ofChecksums checksums: [UInt32]) -> String {
    let members = tensors.lazy.map { (path: catalog.datasets[$0].path, checksum: checksums[$0]) }
    var text = JSONWriter()
    // The length of the text unless characters must be escaped: 16 bytes are for the quotes, the
    // separators and the checksum.
    text.makeRoom(for: 2 + members.reduce(0) { $0 + $1.path.utf8.count + 16 })
    text.putSequence("{", "}", members) {
      $0.write(name: $1.path)
      $0.write($1.checksum.hexadecimal)
    }
    return text.text
  }

  /// Creates the file. The catalog then has the offsets for the bytes of datasets.
  mutating func create(at path: String) throws(CheckpointError) {
    try CatalogWriter.create(&catalog, at: path)
  }

  /// Plans compressed chunks for the datasets of tensors that are large enough.
  mutating func compress(level: Int) {
    var lastFilters = OneEntryCache<[Catalog.Chunks.Filter]>()
    for index in tensors { catalog.datasets[index].compress(level: level, &lastFilters) }
  }
}

extension Catalog.Dataset {
  fileprivate mutating func compress(
    level: Int, _ lastFilters: inout OneEntryCache<[Catalog.Chunks.Filter]>
  ) {
    guard let shape, let elementSize = type.byteCount,
      let plan = ChunkPlan(shape: shape, elementSize: elementSize)
    else { return }
    extent = .chunked(
      Catalog.Chunks(
        shape: plan.chunkShape,
        filters: lastFilters.shared(
          CompressedChunk.filters(level: level, elementSize: elementSize)), chunks: [], fill: [],
        leavesEdgesUnfiltered: false))
  }
}
