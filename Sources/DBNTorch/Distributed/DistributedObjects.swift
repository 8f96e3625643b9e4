import DBNTensors

/// The objects in `.metadata`, in compact form: there are five for each tensor.
///
/// Source: `torch/distributed/checkpoint/metadata.py`, `filesystem.py`.
final class DistributedObjects: PickleObjectReader {
  typealias Chunk = DistributedMetadata.Chunk

  enum Object {
    case properties(ScalarType, requiresGrad: Bool)
    /// The chunk's number.
    case chunk(Int)
    case tensor(DistributedMetadata.TensorEntry)
    /// A name, and the offsets of the chunk; nil for values other than tensors.
    case index(name: String, offsets: [Int]?)
    case location(DistributedMetadata.Location)
  }

  private(set) var chunks: [Chunk] = []
  private var objects: [Object] = []
  private var lastOffsets = OneEntryCache<[Int]>()
  private var lastSizes = OneEntryCache<[Int]>()

  func take(_ object: PickleOpaque, from heap: PickleHeap) throws(CheckpointError) -> Int? {
    let fields = DistributedFields(object, heap)
    // Refused later, when the name of the entry is known.
    guard fields.isNone("transform_descriptors"), let made = try make(fields) else { return nil }
    objects.makeRoom(for: 1)
    objects.append(made)
    return objects.count - 1
  }

  /// The object that a value of the pickle stands for; nil for other values.
  func object(_ value: PickleValue?, _ heap: PickleHeap) throws(CheckpointError) -> Object? {
    switch value {
    case .record(let number) where objects.indices.contains(number): objects[number]
    case .opaque(let index): try make(DistributedFields(heap.opaques[index], heap))
    default: nil
    }
  }

  private func make(_ fields: DistributedFields) throws(CheckpointError) -> Object? {
    switch fields.className {
    case "TensorProperties": try properties(fields)
    case "ChunkStorageMetadata": try chunk(fields)
    case "TensorStorageMetadata": .tensor(try tensor(fields))
    case "MetadataIndex":
      .index(
        name: try fields.text("fqn"),
        offsets: fields.isNone("offset") ? nil : lastOffsets.shared(try fields.size("offset")))
    case "_StorageInfo": .location(try location(fields))
    default: nil
    }
  }

  /// `TensorProperties.__getstate__`: dtype, layout, requires_grad, memory_format, pin_memory, and
  /// since PyTorch 2.15 strides. Every chunk's archive has its own.
  private func properties(_ fields: DistributedFields) throws(CheckpointError) -> Object {
    guard let elements = fields.elements, 5...6 ~= elements.count,
      case .global(let index) = elements[0], case .bool(let requiresGrad) = elements[2],
      case .scalarType(let scalarType) = fields.heap.globals[index].role
    else { throw DistributedFields.wrong("TensorProperties") }
    return .properties(scalarType, requiresGrad: requiresGrad)
  }

  private func chunk(_ fields: DistributedFields) throws(CheckpointError) -> Object {
    chunks.makeRoom(for: 1)
    chunks.append(
      Chunk(
        offsets: lastOffsets.shared(try fields.size("offsets")),
        sizes: lastSizes.shared(try fields.size("sizes"))))
    return .chunk(chunks.count - 1)
  }

  private func tensor(
    _ fields: DistributedFields
  ) throws(CheckpointError) -> DistributedMetadata.TensorEntry {
    let properties = try object(fields.value("properties"), fields.heap)
    guard case .properties(let scalarType, let requiresGrad)? = properties else {
      throw DistributedFields.wrong("TensorProperties")
    }
    guard let elements = fields.list("chunks") else {
      throw DistributedFields.wrong("the list of chunks")
    }
    var numbers: [Int] = []
    for element in elements {
      guard case .chunk(let number)? = try object(element, fields.heap) else {
        throw DistributedFields.wrong("the list of chunks")
      }
      numbers.append(number)
    }
    let range = consecutive(numbers)
    let size = try fields.size("size")
    // Most tensors are one chunk: the array is shared.
    let isWhole = range.count == 1 && chunks[range.lowerBound].sizes == size
    forget([fields.value("properties")] + elements)
    return DistributedMetadata.TensorEntry(
      scalarType: scalarType, requiresGrad: requiresGrad,
      size: isWhole ? chunks[range.lowerBound].sizes : size, chunks: range)
  }

  /// The chunks in a row, where they are unless the pickle shares one.
  private func consecutive(_ numbers: [Int]) -> Range<Int> {
    guard let first = numbers.first else { return 0..<0 }
    if numbers == Array(first..<first + numbers.count) { return first..<first + numbers.count }
    chunks += numbers.map { chunks[$0] }
    return chunks.count - numbers.count..<chunks.count
  }

  /// Removes objects that were only parts of another.
  private func forget(_ parts: [PickleValue?]) {
    for part in parts.reversed() {
      if case .record(objects.count - 1)? = part { objects.removeLast() }
    }
    for part in parts {
      if case .record(objects.count - 1)? = part { objects.removeLast() }
    }
  }

  private func location(
    _ fields: DistributedFields
  ) throws(CheckpointError) -> DistributedMetadata.Location {
    try refuseTransforms(fields)
    return DistributedMetadata.Location(
      file: try fields.text("relative_path"), offset: try fields.int("offset"),
      length: try fields.int("length"))
  }

  /// Transforms are named like `stream.zstd/1`, in the order in which they are undone.
  ///
  /// Source: `torch/distributed/checkpoint/_extension.py`.
  private func refuseTransforms(_ fields: DistributedFields) throws(CheckpointError) {
    guard !fields.isNone("transform_descriptors") else { return }
    let elements = fields.list("transform_descriptors") ?? [.none]
    guard !elements.isEmpty else { return }
    let names = elements.map { element in
      fields.heap.text(element).map { "'\($0.visible())'" } ?? fields.heap.typeName(element)
    }
    throw CheckpointError(
      .distributedTransform,
      "is stored with the transform \(names.joined(separator: ", ")), which is not read",
      advice:
        "convert the folder with torch.distributed.checkpoint.format_utils.dcp_to_torch_save, "
        + "which undoes 'stream.zstd' if the package zstandard is installed")
  }
}
