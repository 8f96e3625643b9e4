internal import DBNTensors

extension CatalogParser {
  /// The links of a group, in creation order if it is tracked, else by name.
  mutating func links(of header: ObjectHeader) throws(CheckpointError) -> [ParsedLink] {
    var links: [ParsedLink] = []
    if let message = header[.symbolTable] {
      var reader = try file.resolve(message)
      links = try SymbolTable(parsing: &reader, in: &file).links
    }
    for message in header.messages where message.kind == .link {
      var reader = try file.resolve(message)
      links.append(try ParsedLink(parsing: &reader, file.sizes))
    }
    if let message = header[.linkInfo] { links += try storedLinks(message) }
    if links.allSatisfy({ $0.order != nil }) {
      links.sort { ($0.order ?? 0) < ($1.order ?? 0) }
    } else {
      links.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
    return links
  }

  private mutating func storedLinks(
    _ message: HeaderMessage
  ) throws(CheckpointError) -> [ParsedLink] {
    // A record starts with the hash of the name.
    let bodies = try storedMessages(
      message, orderByteCount: 8, .linksByName, idOffset: 4)
    return try bodies.map { body throws(CheckpointError) in
      var reader = ByteReader(body)
      return try ParsedLink(parsing: &reader, file.sizes)
    }
  }

  /// The messages in the heap of a group or object with many.
  ///
  /// - Parameter idOffset: the offset of the heap object's ID in a record of the tree.
  mutating func storedMessages(
    _ message: HeaderMessage, orderByteCount: Int, _ kind: VersionTwoTree.Kind, idOffset: Int
  ) throws(CheckpointError) -> [ByteRegion] {
    var reader = try file.resolve(message)
    let storage = try IndexedStorage(
      parsing: &reader, orderByteCount: orderByteCount, file.sizes)
    guard let storage else { return [] }
    var heap = try FractalHeap(at: storage.heap, in: &file)
    var messages: [ByteRegion] = []
    for record in try VersionTwoTree(at: storage.tree, [kind], in: &file).records {
      var id = record
      try id.skip(idOffset)
      let isShared = kind == .attributesByName ? try record.isOfSharedMessage() : false
      let object =
        isShared
        ? try file.sharedMessage(id, .attribute) : try heap.object(id, in: &file)
      try file.spend(object.count, at: object.fileOffset)
      messages.append(object)
    }
    return messages
  }
}

extension ByteReader {
  /// Whether a record about an attribute refers to the file's shared messages: the flags of the
  /// message follow its ID.
  fileprivate func isOfSharedMessage() throws(CheckpointError) -> Bool {
    var flags = self
    try flags.skip(SharedMessage.idByteCount)
    return try flags.read(UInt8.self) & HeaderMessage.sharedFlag != 0
  }
}
