import DBNTensors

/// The contents of `.metadata` in a distributed checkpoint: its entries, and the file and bytes of
/// each.
///
/// Source: `torch/distributed/checkpoint/metadata.py`, `filesystem.py`.
struct DistributedMetadata {
  typealias Chunk = TensorSlice

  struct TensorEntry {
    let scalarType: ScalarType
    let requiresGrad: Bool
    let size: [Int]
    /// The numbers of its chunks.
    let chunks: Range<Int>
  }

  /// A range of bytes in a file, which contains an archive from `torch.save`.
  struct Location {
    let file: String
    let offset: Int
    let length: Int
  }

  struct Entry {
    /// nil for any other value.
    let tensor: TensorEntry?
    /// The path in the nested checkpoint; nil if it is the name, empty if the planner has none.
    var path: [CheckpointDictionary.Key]?
  }

  /// The names of the entries, as the metadata lists them.
  private(set) var names = NameTable()
  /// The entries, by the indices of the names.
  private(set) var entries: [Entry] = []
  /// The indices in the planner's order, which is that of the saved checkpoint; the metadata itself
  /// lists sharded tensors first.
  private(set) var order: [Int] = []
  private(set) var chunks: [Chunk] = []
  /// By the chunks' numbers.
  private var chunkLocations: [Location?] = []
  /// Of values that are not tensors, by the indices of their names.
  private var valueLocations: [Int: Location] = [:]

  /// The modules whose classes describe a checkpoint.
  private static let modules = [
    "torch.distributed", "torch.serialization", "pathlib", "pathlib._local",
  ]

  init(_ file: ByteRegion) throws(CheckpointError) {
    FileEvent.report(.parsedDistributedMetadata, file)
    let objects = DistributedObjects()
    var (heap, parts) = try Self.parts(of: file, objects)
    try readEntries(parts.entries, &heap, objects)
    chunks = objects.chunks
    readPaths(parts.planner, &heap)
    try readLocations(parts.locations, heap, objects)
    file.releaseFile()
  }

  /// The mappings in the file. Each is freed once it is read: they can be very long.
  private typealias Parts = (
    entries: PickleValue, planner: PickleValue, locations: PickleValue
  )

  private static func parts(
    of file: ByteRegion, _ objects: DistributedObjects
  ) throws(CheckpointError) -> (PickleHeap, Parts) {
    var machine = PickleMachine(
      file, tensors: TensorBuilder(NoStorages()), opaqueNames: .modules(Self.modules))
    machine.objectReader = objects
    let value = try machine.run()
    let fields = try DistributedFields(value, "Metadata", machine.heap)
    let parts = (
      fields.value("state_dict_metadata") ?? .none, fields.value("planner_data") ?? .none,
      fields.value("storage_data") ?? .none
    )
    return (machine.heap, parts)
  }

  private mutating func readEntries(
    _ value: PickleValue, _ heap: inout PickleHeap, _ objects: DistributedObjects
  ) throws(CheckpointError) {
    guard let mapping = heap.takeEntries(value) else {
      throw DistributedFields.wrong("Metadata.state_dict_metadata")
    }
    entries.reserveCapacity(mapping.count)
    for (key, value) in mapping {
      guard let name = heap.text(key) else { throw DistributedFields.wrong("an entry's name") }
      let entry = Entry(tensor: try Self.tensor(value, heap, objects), path: nil)
      // Of several entries under one name the last counts.
      if names.add(name) {
        entries.append(entry)
      } else if let place = names.place(of: name) {
        entries[place] = entry
      }
    }
    order = Array(entries.indices)
  }

  private static func tensor(
    _ value: PickleValue, _ heap: PickleHeap, _ objects: DistributedObjects
  ) throws(CheckpointError) -> TensorEntry? {
    if case .opaque(let index) = value,
      heap.opaques[index].name.hasSuffix(".BytesStorageMetadata")
    {
      return nil
    }
    guard case .tensor(let tensor)? = try objects.object(value, heap) else {
      throw DistributedFields.wrong("TensorStorageMetadata")
    }
    return tensor
  }

  /// Reads the planner's mapping of names to paths, if it is one.
  private mutating func readPaths(_ value: PickleValue, _ heap: inout PickleHeap) {
    guard let mapping = heap.takeEntries(value),
      mapping.allSatisfy({ heap.text($0.key) != nil && heap.path($0.value) != nil })
    else { return }
    var ranks = Array(repeating: Int.max, count: entries.count)
    for place in entries.indices { entries[place].path = [] }
    for (rank, (key, value)) in mapping.enumerated() {
      guard let name = heap.text(key), let path = heap.path(value),
        let place = names.place(of: name)
      else { continue }
      ranks[place] = rank
      // Most paths of flat state dicts are the name.
      entries[place].path = path == [.string(name)] ? nil : path
    }
    order.sort { (ranks[$0], $0) < (ranks[$1], $1) }
    heap.tuples = []
  }

  private mutating func readLocations(
    _ value: PickleValue, _ heap: PickleHeap, _ objects: DistributedObjects
  ) throws(CheckpointError) {
    guard let mapping = heap.dictionary(value)?.entries else {
      throw DistributedFields.wrong("storage_data")
    }
    chunkLocations = Array(repeating: nil, count: chunks.count)
    let index = ChunkIndex(entries, chunks)
    for (key, value) in mapping {
      guard case .index(let name, let offsets)? = try objects.object(key, heap) else {
        throw DistributedFields.wrong("MetadataIndex")
      }
      do throws(CheckpointError) {
        guard case .location(let location)? = try objects.object(value, heap) else {
          throw DistributedFields.wrong("_StorageInfo")
        }
        guard let place = names.place(of: name) else { continue }
        guard let offsets else {
          valueLocations[place] = location
          continue
        }
        if let chunk = index.chunk(of: place, at: offsets, chunks) {
          chunkLocations[chunk] = location
        }
      } catch {
        throw error.with(name: name)
      }
    }
  }

  /// The location of a value's bytes.
  func location(ofValue place: Int) throws(CheckpointError) -> Location {
    guard let location = valueLocations[place] else {
      throw Self.missing("the metadata names no file for it")
    }
    return location
  }

  /// The location of a chunk's bytes.
  func location(ofChunk number: Int) throws(CheckpointError) -> Location {
    guard let location = chunkLocations[number] else {
      throw Self.missing("the metadata names no file for its chunk at \(chunks[number].offsets)")
    }
    return location
  }

  private static func missing(_ reason: String) -> CheckpointError {
    CheckpointError(
      .distributedMissing, reason, advice: "the checkpoint is incomplete; get it again")
  }
}

extension DistributedMetadata {
  /// Adds what another rank saved without coordination (`no_collectives`): its chunks of tensors,
  /// and the entries that only it has. What both have is taken from the first.
  mutating func add(_ other: DistributedMetadata) {
    for place in other.order {
      let (name, entry) = (other.names.names[place], other.entries[place])
      if let known = names.place(of: name) {
        if let tensor = entry.tensor { add(tensor, of: other, to: known) }
        continue
      }
      _ = names.add(name)
      order.append(entries.count)
      valueLocations[entries.count] = other.valueLocations[place]
      let tensor = entry.tensor.map { tensor in
        tensor.with(chunks: append(tensor.chunks.map { ($0, other) }))
      }
      entries.append(Entry(tensor: tensor, path: entry.path))
    }
  }

  private mutating func add(_ tensor: TensorEntry, of other: DistributedMetadata, to place: Int) {
    guard let known = entries[place].tensor else { return }
    let present = Set(chunks[known.chunks])
    let new = tensor.chunks.filter { !present.contains(other.chunks[$0]) }
    guard !new.isEmpty else { return }
    let this = self
    let range = append(known.chunks.map { ($0, this) } + new.map { ($0, other) })
    entries[place] = Entry(tensor: known.with(chunks: range), path: entries[place].path)
  }

  /// Appends chunks, each of the metadata that it is in.
  private mutating func append(_ numbers: [(Int, DistributedMetadata)]) -> Range<Int> {
    for (number, metadata) in numbers {
      chunks.append(metadata.chunks[number])
      chunkLocations.append(metadata.chunkLocations[number])
    }
    return chunks.count - numbers.count..<chunks.count
  }
}

extension DistributedMetadata.TensorEntry {
  fileprivate func with(chunks: Range<Int>) -> Self {
    Self(scalarType: scalarType, requiresGrad: requiresGrad, size: size, chunks: chunks)
  }
}

/// Finds chunks by their tensors and offsets.
private struct ChunkIndex {
  private var index = HashIndex()
  /// The numbers of chunks, and the tensors that they are of, in the order of the index.
  private var numbers: [(chunk: Int, place: Int)] = []

  init(_ entries: [DistributedMetadata.Entry], _ chunks: [TensorSlice]) {
    numbers.reserveCapacity(chunks.count)
    index.reserveCapacity(chunks.count) { _ in 0 }
    for (place, entry) in entries.enumerated() {
      for number in entry.tensor?.chunks ?? 0..<0 {
        let offsets = chunks[number].offsets
        let known = index.insertIfAbsent(
          hash: Self.hash(place, offsets),
          where: { numbers[$0].place == place && chunks[numbers[$0].chunk].offsets == offsets },
          hashOf: { Self.hash(numbers[$0].place, chunks[numbers[$0].chunk].offsets) })
        if known == nil { numbers.append((number, place)) }
      }
    }
  }

  func chunk(of place: Int, at offsets: [Int], _ chunks: [TensorSlice]) -> Int? {
    index.index(hash: Self.hash(place, offsets)) {
      numbers[$0].place == place && chunks[numbers[$0].chunk].offsets == offsets
    }.map { numbers[$0].chunk }
  }

  private static func hash(_ place: Int, _ offsets: [Int]) -> Int {
    var hasher = Hasher()
    hasher.combine(place)
    hasher.combine(offsets)
    return hasher.finalize()
  }
}

extension PickleHeap {
  /// The entries of a dictionary, which has none any more; nil for other values.
  fileprivate mutating func takeEntries(
    _ value: PickleValue
  ) -> [(key: PickleValue, value: PickleValue)]? {
    guard case .dictionary(let index) = value else { return nil }
    defer { dictionaries[index].entries = [] }
    return dictionaries[index].entries
  }

  /// A tuple or list of keys and indices: the path of a value in a nested checkpoint.
  fileprivate func path(_ value: PickleValue) -> [CheckpointDictionary.Key]? {
    let elements: [PickleValue]
    switch value {
    case .tuple(let index): elements = tuples[index]
    case .list(let index): elements = lists[index]
    default: return nil
    }
    var keys: [CheckpointDictionary.Key] = []
    for element in elements {
      switch element {
      case .string(let index): keys.append(.string(strings[index]))
      case .int(let number): keys.append(.int(number))
      default: return nil
      }
    }
    return keys.isEmpty ? nil : keys
  }
}
