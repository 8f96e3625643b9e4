import DBNTensors

/// The contents of `.metadata` in a distributed checkpoint: its entries, and the file and bytes of
/// each.
///
/// Source: `torch/distributed/checkpoint/metadata.py`, `filesystem.py`.
struct DistributedMetadata {
  typealias Chunk = TensorSlice

  struct TensorEntry {
    let scalarType: ScalarType
    let size: [Int]
    let requiresGrad: Bool
    let chunks: [Chunk]

    /// The same tensor with the chunks that it lacks.
    fileprivate func adding(_ others: [Chunk]) -> TensorEntry {
      let known = Set(chunks)
      return TensorEntry(
        scalarType: scalarType, size: size, requiresGrad: requiresGrad,
        chunks: chunks + others.filter { !known.contains($0) })
    }
  }

  enum Entry {
    case tensor(TensorEntry)
    /// Any other value.
    case value
  }

  /// A range of bytes in a file, which contains an archive from `torch.save`.
  struct Location {
    let file: String
    let offset: Int
    let length: Int
  }

  struct Index: Hashable {
    let name: String
    /// The offsets of the chunk; nil for values other than tensors.
    let offsets: [Int]?
  }

  /// The entries in the planner's order, which is that of the saved checkpoint; the metadata itself
  /// lists sharded tensors first.
  private(set) var entries: [(name: String, entry: Entry)] = []
  private(set) var locations: [Index: Location] = [:]
  /// The path of each entry in the nested checkpoint; nil if only names are known.
  private(set) var paths: [String: [CheckpointDictionary.Key]]?

  /// The modules whose classes describe a checkpoint.
  private static let modules = [
    "torch.distributed", "torch.serialization", "pathlib", "pathlib._local",
  ]

  init(_ file: ByteRegion) throws(CheckpointError) {
    FileEvent.report(.parsedDistributedMetadata, file)
    let builder = TensorBuilder(NoStorages())
    var machine = PickleMachine(file, tensors: builder, opaqueNames: .modules(Self.modules))
    let value = try machine.run()
    var tree = CheckpointTree(machine.heap, machine.tensors, readsObjects: false)
    let fields = try DistributedFields(tree.convert(value), "Metadata")
    let mapping = fields.value("planner_data")?.dictionary
    paths = mapping.flatMap(Self.paths)
    try readEntries(fields.dictionary("state_dict_metadata"))
    if paths != nil, let mapping { sort(by: mapping) }
    try readLocations(fields)
  }

  /// The planner's mapping of names to paths, if it is one.
  private static func paths(
    _ dictionary: CheckpointDictionary
  ) -> [String: [CheckpointDictionary.Key]]? {
    var paths: [String: [CheckpointDictionary.Key]] = [:]
    for entry in dictionary.entries {
      guard let name = entry.key.string, let elements = entry.value.elements, !elements.isEmpty
      else { return nil }
      let keys = elements.compactMap(\.key)
      guard keys.count == elements.count else { return nil }
      paths[name] = keys
    }
    return paths
  }

  private mutating func sort(by mapping: CheckpointDictionary) {
    var order: [CheckpointDictionary.Key: Int] = [:]
    for (index, entry) in mapping.entries.enumerated() { order[entry.key] = index }
    entries.sort { order[.string($0.name)] ?? .max < order[.string($1.name)] ?? .max }
  }

  private mutating func readEntries(
    _ dictionary: CheckpointDictionary
  ) throws(CheckpointError) {
    for entry in dictionary.entries {
      guard let name = entry.key.string else { throw DistributedFields.wrong("an entry's name") }
      entries.append((name, try Self.entry(entry.value)))
    }
  }

  private static func entry(_ value: CheckpointValue) throws(CheckpointError) -> Entry {
    if case .opaque(let object) = value, object.name.hasSuffix(".BytesStorageMetadata") {
      return .value
    }
    let fields = try DistributedFields(value, "TensorStorageMetadata")
    // `TensorProperties.__getstate__`: dtype, layout, requires_grad, memory_format, pin_memory, and
    // since PyTorch 2.15 strides. Every chunk's archive has its own.
    let properties = try DistributedFields.state(fields.value("properties"), "TensorProperties")
    guard let elements = properties.elements, 5...6 ~= elements.count,
      case .scalarType(let scalarType) = elements[0], case .bool(let requiresGrad) = elements[2]
    else { throw DistributedFields.wrong("TensorProperties") }
    guard let chunks = fields.value("chunks")?.elements else {
      throw DistributedFields.wrong("the list of chunks")
    }
    return .tensor(
      TensorEntry(
        scalarType: scalarType, size: try fields.size("size"), requiresGrad: requiresGrad,
        chunks: try chunks.map { chunk throws(CheckpointError) in
          let fields = try DistributedFields(chunk, "ChunkStorageMetadata")
          return Chunk(offsets: try fields.size("offsets"), sizes: try fields.size("sizes"))
        }))
  }

  private mutating func readLocations(_ fields: DistributedFields) throws(CheckpointError) {
    // A mapping whose keys are objects is read as an opaque value.
    guard case .opaque(let data) = fields.value("storage_data"), data.name == PickleName.dict
    else {
      guard fields.value("storage_data")?.dictionary?.entries.isEmpty == true else {
        throw DistributedFields.wrong("storage_data")
      }
      return
    }
    for (key, value) in data.entries {
      let index = try DistributedFields(key, "MetadataIndex")
      let info = try DistributedFields(value, "_StorageInfo")
      let name = try index.text("fqn")
      try Self.refuseTransforms(info.value("transform_descriptors"), of: name)
      let offsets = index.isNone("offset") ? nil : try index.size("offset")
      locations[Index(name: name, offsets: offsets)] = Location(
        file: try info.text("relative_path"), offset: try info.int("offset"),
        length: try info.int("length"))
    }
  }

  /// Transforms are named like `stream.zstd/1`, in the order in which they are undone.
  ///
  /// Source: `torch/distributed/checkpoint/_extension.py`.
  private static func refuseTransforms(
    _ descriptors: CheckpointValue?, of name: String
  ) throws(CheckpointError) {
    guard let descriptors, case .some(let elements) = descriptors.elements ?? nonempty(descriptors)
    else { return }
    let names = elements.map { element in
      if case .string(let text) = element { "'\(text.visible())'" } else { element.typeName }
    }
    guard !names.isEmpty else { return }
    throw CheckpointError(
      .distributedTransform, name: name,
      "is stored with the transform \(names.joined(separator: ", ")), which is not read",
      advice:
        "convert the folder with torch.distributed.checkpoint.format_utils.dcp_to_torch_save, "
        + "which undoes 'stream.zstd' if the package zstandard is installed")
  }

  private static func nonempty(_ value: CheckpointValue) -> [CheckpointValue]? {
    if case .none = value { nil } else { [value] }
  }

  /// Adds what another rank saved without coordination (`no_collectives`): its chunks of tensors,
  /// and the entries that only it has. What both have is taken from the first.
  mutating func add(_ other: DistributedMetadata) {
    var places: [String: Int] = [:]
    for (place, entry) in entries.enumerated() { places[entry.name] = place }
    for (name, entry) in other.entries {
      guard let place = places[name] else {
        entries.append((name, entry))
        continue
      }
      if case .tensor(let known) = entries[place].entry, case .tensor(let more) = entry {
        entries[place].entry = .tensor(known.adding(more.chunks))
      }
    }
    locations.merge(other.locations) { first, _ in first }
    paths = other.paths.flatMap { paths?.merging($0) { first, _ in first } }
  }

  /// The location of a chunk's or a value's bytes.
  func location(of name: String, _ offsets: [Int]?) throws(CheckpointError) -> Location {
    guard let location = locations[Index(name: name, offsets: offsets)] else {
      throw CheckpointError(
        .distributedMissing,
        offsets.map { "the metadata names no file for its chunk at \($0)" }
          ?? "the metadata names no file for it",
        advice: "the checkpoint is incomplete; get it again")
    }
    return location
  }
}

extension CheckpointValue {
  /// The value as a key of a mapping or an index into a list.
  fileprivate var key: CheckpointDictionary.Key? {
    switch self {
    case .string(let text): .string(text)
    case .int(let number): .int(number)
    default: nil
    }
  }
}
