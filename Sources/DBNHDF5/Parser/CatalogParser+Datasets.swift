internal import DBNTensors

extension CatalogParser {
  /// Describes a dataset: type, shape, and where its bytes are.
  mutating func dataset(
    _ header: ObjectHeader, as name: String, in group: String
  ) throws(CheckpointError) -> Catalog.Dataset {
    var reader = try file.resolve(header.required(.datatype))
    let type = try Datatype(parsing: &reader)
    var dataset = Catalog.Dataset(
      name, in: group, type: type.elementType, shape: nil, extent: .none)
    dataset.attributes = try attributes(of: header, path: dataset.path)
    if header[.externalFiles] != nil {
      dataset.extent = .external
      return dataset
    }
    reader = try file.resolve(header.required(.layout))
    let layout = try Layout(parsing: &reader, file.sizes)
    if case .virtual = layout {
      dataset.extent = .virtual
      return dataset
    }
    reader = try file.resolve(header.required(.dataspace))
    let space = try Dataspace(parsing: &reader, file.sizes)
    dataset.shape = lastShape.shared(space.shape.map { $0 + type.arrayShape })
    if type.isEnumeration { remarks.add(.enumeration, dataset.path) }
    if type.elementType == .scalar(.float8E4M3FN) { remarks.add(.smallFloat, dataset.path) }
    guard let shape = dataset.shape, !shape.contains(0) else { return dataset }
    guard let byteCount = try? Tensor.byteCount(of: .uint8, shape: shape + [type.byteCount]) else {
      dataset.extent = .unreadable(
        CheckpointError(
          .unwritten, name: dataset.path, "has the shape \(shape), which is larger than any memory")
      )
      return dataset
    }
    dataset.extent = try extent(header, layout, space, type, byteCount)
    if type.elementType.byteCount == nil { try readStrings(&dataset, type, byteCount) }
    return dataset
  }

  private mutating func extent(
    _ header: ObjectHeader, _ layout: Layout, _ space: Dataspace, _ type: Datatype,
    _ byteCount: Int
  ) throws(CheckpointError) -> Catalog.Extent {
    switch layout {
    case .compact(let bytes):
      guard bytes.count == byteCount else {
        throw CheckpointError(
          .inconsistentTensor, offset: bytes.fileOffset,
          "its shape \(space.shape ?? []) and type do not fit the \(bytes.count) bytes it has in "
            + "the file", advice: "the file is damaged; get it again")
      }
      return .compact(bytes.array)
    case .contiguous(let address, let stored):
      guard let address else { return .unwritten(fill: try fill(header, type)) }
      return .contiguous(offset: file.offset(of: address), byteCount: stored ?? byteCount)
    case .chunked(let chunks):
      return .chunked(
        Catalog.Chunks(
          shape: chunks.shape + type.arrayShape, filters: try filters(header),
          chunks: try self.chunks(chunks, space, type), fill: try fill(header, type),
          leavesEdgesUnfiltered: chunks.leavesEdgesUnfiltered))
    case .virtual: return .virtual
    }
  }

  /// The chunks that lie inside the present shape. Others remain where a dataset shrank, and where
  /// space was allocated for the largest shape; libhdf5 does not read them either.
  private mutating func chunks(
    _ layout: ChunkLayout, _ space: Dataspace, _ type: Datatype
  ) throws(CheckpointError) -> [Catalog.Chunks.Chunk] {
    let (arrayShape, shape) = (type.arrayShape, space.shape ?? [])
    let elementByteCount = try Tensor.byteCount(of: .uint8, shape: arrayShape + [type.byteCount])
    let index = try ChunkIndex(layout, space, elementByteCount: elementByteCount, in: &file)
    let chunks = index.chunks.filter { zip($0.origin, shape).allSatisfy { $0 < $1 } }
    guard !arrayShape.isEmpty else { return chunks }
    return chunks.map { $0.addingDimensions(arrayShape.count) }
  }

  private mutating func filters(
    _ header: ObjectHeader
  ) throws(CheckpointError) -> [Catalog.Chunks.Filter] {
    guard let message = header[.filters] else { return [] }
    var reader = try file.resolve(message)
    return lastFilters.shared(try FilterMessage(parsing: &reader).filters)
  }

  /// The bytes of an element that was never written.
  private mutating func fill(
    _ header: ObjectHeader, _ type: Datatype
  ) throws(CheckpointError) -> [UInt8] {
    var bytes: [UInt8]?
    if let message = header[.fillValue] {
      var reader = try file.resolve(message)
      bytes = try FillValue(parsing: &reader).bytes
    } else if let message = header[.oldFillValue] {
      var reader = try file.resolve(message)
      bytes = try FillValue(parsingOld: &reader).bytes
    }
    // A message has at most 64 KiB, and so has the value of an element.
    guard type.byteCount < 1 << 16 else {
      throw CheckpointError(
        .declaredTooLarge, "its elements are too large: \(type.byteCount) bytes each")
    }
    guard let bytes else { return lastFill.shared([UInt8](repeating: 0, count: type.byteCount)) }
    let fill = Array(bytes.prefix(type.byteCount))
    guard fill.count == type.byteCount, fill.count * type.arrayShape.reduce(1, *) == bytes.count
    else {
      throw .invalidMetadata("a fill value is not as long as an element", at: header.address)
    }
    guard bytes.indices.allSatisfy({ bytes[$0] == fill[$0 % fill.count] }) else {
      throw CheckpointError(
        .unsupportedLayout, "has arrays as elements, and a fill value of different numbers",
        advice: "write all of its values")
    }
    return lastFill.shared(fill)
  }

  /// Replaces the references to variable-length strings in the dataset by the strings.
  private mutating func readStrings(
    _ dataset: inout Catalog.Dataset, _ type: Datatype, _ byteCount: Int
  ) throws(CheckpointError) {
    guard case .variableString = type.elementType else {
      dataset.extent = .unsupported("elements of variable size")
      return
    }
    guard byteCount <= file.file.count else {
      throw CheckpointError(
        .declaredTooLarge,
        "declares \(byteCount / type.byteCount) strings, more than fit into the file")
    }
    try file.spend(byteCount, at: 0)
    var catalog = Catalog()
    catalog.datasets = [dataset]
    catalog.datasets[0].type = .opaque(byteCount: type.byteCount)
    try catalog.validate(fileByteCount: file.file.count)
    let bytes = try DatasetContents(catalog, file.file).smallBytes(0)
    var reader = ByteReader(ByteRegion(bytes))
    var strings: [String] = []
    for _ in 0..<byteCount / type.byteCount {
      var element = ByteReader(try reader.readRegion(count: type.byteCount))
      strings.append(try globalHeap.text(parsing: &element, in: &file))
      try file.spend(strings[strings.count - 1].utf8.count, at: 0)
    }
    dataset.extent = .strings(strings)
  }
}

extension ObjectHeader {
  fileprivate func required(
    _ kind: HeaderMessage.Kind
  ) throws(CheckpointError) -> HeaderMessage {
    guard let message = self[kind] else {
      throw .invalidMetadata("a dataset lacks its \(kind)", at: address)
    }
    return message
  }
}
