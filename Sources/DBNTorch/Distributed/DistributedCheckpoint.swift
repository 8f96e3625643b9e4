import DBNCheckpointFormats
package import DBNTensors

/// Checkpoints from `torch.distributed.checkpoint`: a folder with `.metadata`, or `__0.metadata` and
/// so on if ranks saved without coordination (`no_collectives`), and files such as `__0_0.distcp` in
/// which each rank saved its part.
///
/// Every entry is backed by its file; sharded tensors are assembled when their bytes are needed.
package enum DistributedCheckpoint {
  static let metadataName = ".metadata"

  /// Whether the path is a folder with a distributed checkpoint.
  package static func recognises(folder path: String) -> Bool {
    (try? entryPoint(in: SourceFolder(path))) != nil
  }

  /// The metadata of all ranks; otherwise that of the first rank. nil if the folder has neither.
  static func entryPoint(in folder: SourceFolder) throws(CheckpointError) -> SourceFile? {
    if let file = try? folder.file(metadataName) { return file }
    guard let names = try? folder.names(), let first = rankNames(names).first else { return nil }
    return try folder.file(first)
  }

  /// Whether a file is metadata, by its name.
  static func isMetadata(_ path: String) -> Bool {
    path.hasSuffix("/\(metadataName)") || rank(ofMetadata: path) != nil
  }

  /// The rank that saved `__R.metadata`.
  private static func rank(ofMetadata path: String) -> Int? {
    let name = path.split(separator: "/").last ?? ""
    guard name.hasPrefix("__"), name.hasSuffix(metadataName) else { return nil }
    let digits = name.dropFirst(2).dropLast(metadataName.utf8.count)
    return digits.utf8.allSatisfy { (48...57).contains($0) } ? Int(digits) : nil
  }

  /// The names of ranks' metadata, by rank.
  private static func rankNames(_ names: [String]) -> [String] {
    names.compactMap { name in rank(ofMetadata: name).map { (rank: $0, name: name) } }
      .sorted { $0.rank < $1.rank }.map(\.name)
  }

  /// The ranks' files beside the metadata, by the extension that PyTorch gives them: reading long
  /// metadata would take time and memory. None if the folder can't be listed.
  static func files(metadata path: String) -> [String] {
    let folder = SourceFolder(ofFile: path)
    let names = (try? folder.names()) ?? []
    return names.filter { $0.hasSuffix(".distcp") }.map { folder.prefix + $0 }
  }

  /// Reads the checkpoint in a folder, and restores its nesting if the planner recorded it.
  ///
  /// - Throws: a `CheckpointError` that names the entry, the file or the global at fault.
  package static func read(
    _ path: String, options: ReadingOptions = ReadingOptions()
  ) throws(CheckpointError) -> Checkpoint {
    do throws(CheckpointError) {
      let folder = SourceFolder(path)
      guard let metadata = try entryPoint(in: folder) else {
        return try read(metadata: folder.file(metadataName), options: options)
      }
      return try read(metadata: metadata, options: options)
    } catch {
      throw error.with(path: path)
    }
  }

  static func read(
    metadata: SourceFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    do throws(CheckpointError) {
      var reader = try DistributedReader(metadata, options)
      return try reader.read()
    } catch {
      var error = error.with(path: String(metadata.folder.prefix.dropLast()))
      error.advice = error.advice ?? "the checkpoint is damaged or malicious; get it again"
      throw error
    }
  }

  /// The metadata of all ranks, and a note if each rank saved its own.
  fileprivate static func metadata(
    _ file: SourceFile
  ) throws(CheckpointError) -> (metadata: DistributedMetadata, note: Guidance?) {
    guard rank(ofMetadata: file.path) != nil else { return (try parsed(file), nil) }
    let names = rankNames(try file.folder.names())
    var metadata: DistributedMetadata?
    for name in names {
      let next = try parsed(file.folder.file(name))
      if metadata?.add(next) == nil { metadata = next }
    }
    guard let metadata else { return (try parsed(file), nil) }
    guard names.count > 1 else { return (metadata, nil) }
    return (
      metadata,
      "\(names.count) ranks saved without coordination: what several of them saved is that of the "
        + "first of these"
    )
  }

  private static func parsed(_ file: SourceFile) throws(CheckpointError) -> DistributedMetadata {
    // What parsing freed is as much as the checkpoint will take.
    defer { FreedMemory.release() }
    do throws(CheckpointError) {
      return try DistributedMetadata(file.bytes)
    } catch {
      throw error.with(path: file.path)
    }
  }
}

/// Reads the entries of one folder.
private struct DistributedReader {
  private let folder: SourceFolder
  private let options: ReadingOptions
  private let metadata: DistributedMetadata
  private let budget: Budget
  private var files: [String: ByteRegion] = [:]
  /// The bytes of all files and of all tensors so far.
  private var fileByteCount = 0
  private var byteCount = 0
  private var notes: [Guidance]

  /// As for the views of a single file, all tensors together may have 64 times the files' bytes, or
  /// this many if that is more.
  private static let modestByteCount = 1 << 30

  init(_ file: SourceFile, _ options: ReadingOptions) throws(CheckpointError) {
    folder = file.folder
    self.options = options
    budget = Budget.current(for: file.bytes)
    let (metadata, note) = try DistributedCheckpoint.metadata(file)
    self.metadata = metadata
    notes = note.map { [$0] } ?? []
  }

  mutating func read() throws(CheckpointError) -> Checkpoint {
    var values = NestedValues(budget)
    values.reserveCapacity(metadata.entries.count)
    for place in metadata.order {
      let name = metadata.names.names[place]
      do throws(CheckpointError) {
        let path = metadata.entries[place].path ?? [.string(name)]
        guard !path.isEmpty else {
          throw DistributedFields.wrong("the planner's mapping of names to paths")
        }
        try values.set(path, to: try value(place, name))
      } catch {
        throw error.with(name: name)
      }
    }
    return Checkpoint(root: try values.tree(), notes: notes)
  }

  private mutating func value(
    _ place: Int, _ name: String
  ) throws(CheckpointError) -> CheckpointValue {
    guard let entry = metadata.entries[place].tensor else {
      return try content(metadata.location(ofValue: place), of: name)
    }
    let distributed = try SlicedTensor(
      entry.scalarType, size: entry.size, slices: Array(metadata.chunks[entry.chunks]),
      requiresGrad: entry.requiresGrad)
    // Slices without elements are passed over.
    var numbers = entry.chunks.filter { !metadata.chunks[$0].sizes.contains(0) }.makeIterator()
    let tensor = try distributed.tensor { _ throws(CheckpointError) in
      try part(numbers.next() ?? entry.chunks.lowerBound, of: name)
    }
    try count(tensor)
    return .tensor(tensor)
  }

  private mutating func part(_ number: Int, of name: String) throws(CheckpointError) -> Tensor {
    let value = try content(metadata.location(ofChunk: number), of: name)
    guard let tensor = value.tensor else {
      throw CheckpointError(
        .distributedContent,
        "its chunk at \(metadata.chunks[number].offsets) is \(withArticle(value.typeName)), not a tensor",
        advice: "the checkpoint is damaged or mixes files of two; get it again")
    }
    return tensor
  }

  private mutating func count(_ tensor: Tensor) throws(CheckpointError) {
    let size = fileByteCount
    let limit = max(Self.modestByteCount, size.multipliedReportingOverflow(by: 64).partialValue)
    byteCount += tensor.byteCount
    guard byteCount <= limit else {
      throw CheckpointError(
        .limitExceeded,
        "the tensors up to this one would take more than \(limit) bytes; the files have \(size)",
        advice: "save the tensors before they are expanded")
    }
  }

  private mutating func content(
    _ location: DistributedMetadata.Location, of name: String
  ) throws(CheckpointError) -> CheckpointValue {
    let path = folder.prefix + location.file
    do throws(CheckpointError) {
      let file = try file(location.file)
      try Self.refuseSafetensors(file)
      let bytes = try file.slice(from: location.offset, count: location.length)
      defer { bytes.release() }
      let checkpoint = try TorchCheckpoint.read(bytes, options: options)
      notes += checkpoint.notes.map { "'\(name)': \($0)" }
      return checkpoint.root
    } catch {
      // The entry's name precedes the record's name in its file.
      var error = error.with(path: path)
      error.name = [name, error.name].compactMap(\.self).joined(separator: "/")
      throw error
    }
  }

  /// PyTorch does not read back what it writes with `SerializationFormat.SAFETENSORS`: locations in
  /// the metadata then mean nothing.
  private static func refuseSafetensors(_ file: ByteRegion) throws(CheckpointError) {
    let start = file.part(0..<min(file.count, 9)).array
    guard start.count == 9, start[5..<8] == [0, 0, 0], start[8] == UInt8(ascii: "{") else { return }
    throw CheckpointError(
      .distributedContent,
      "is a safetensors file, as PyTorch writes with SerializationFormat.SAFETENSORS, whose "
        + "metadata does not locate the tensors",
      advice:
        "end the names of the '.distcp' files in '.safetensors', remove '.metadata', and give "
        + "the folder: the slices are put together")
  }

  /// A file beside the metadata, which is mapped once.
  private mutating func file(
    _ name: String
  ) throws(CheckpointError) -> ByteRegion {
    if let known = files[name] { return known }
    guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/")),
      !name.utf8.contains(0)
    else {
      throw CheckpointError(
        .distributedPath,
        "lies in '\(name.visible())', which is not a file in the checkpoint's folder",
        advice: "the checkpoint is malicious; get it from elsewhere")
    }
    let file = try folder.file(name).bytes
    files[name] = file
    fileByteCount += file.count
    return file
  }
}
