internal import DBNCheckpointFormats
internal import DBNTensors

/// A folder from PyTorch's `HuggingFaceStorageWriter(save_distributed=True)`: each file has what one
/// rank saved, and its metadata the offsets of each slice in the model's tensor.
///
/// Source: `HuggingFaceStorageReader.read_metadata` in `torch/distributed/checkpoint/hf_storage.py`.
struct SlicedFolder {
  static let fileExtension = ".safetensors"

  private struct Piece {
    let tensor: Tensor
    let slice: TensorSlice
    /// The file, for errors.
    let path: String
  }

  /// The pieces of each tensor, by the indices of the names.
  private var pieces: [[Piece]] = []
  private var names = NameTable()
  private var unreadable: [NamedTensors.Unreadable] = []
  private var metadata: [(name: String, text: String)] = []
  private var fileCount = 0

  /// Whether a file of the folder has slices, by its metadata.
  static func recognises(_ folder: SourceFolder) -> Bool {
    let names = (try? folder.names()) ?? []
    return names.contains { name in
      guard name.hasSuffix(fileExtension), let file = try? folder.file(name),
        let header = try? SafetensorsHeader.read(file.bytes).header
      else { return false }
      return header.metadata.contains { $0.name == SafetensorsCheckpoint.shardingInfo }
    }
  }

  /// Reads the files in the order of their names, and puts the slices together.
  ///
  /// - Throws: `tensorSlices` for gaps and overlaps; `safetensorsSlices` for metadata that is not of
  ///   PyTorch's form; the error in a file.
  static func read(_ folder: SourceFolder) throws(CheckpointError) -> Checkpoint {
    var reader = SlicedFolder()
    for name in try folder.names() where name.hasSuffix(fileExtension) {
      let file = try folder.file(name)
      do throws(CheckpointError) {
        try reader.add(file)
      } catch {
        throw error.with(path: file.path)
      }
      file.bytes.releaseFile()
    }
    return try reader.checkpoint()
  }

  private mutating func add(_ file: SourceFile) throws(CheckpointError) {
    let (header, data) = try SafetensorsHeader.read(file.bytes)
    let tensors = try header.tensors(in: data)
    let text = header.metadata.first { $0.name == SafetensorsCheckpoint.shardingInfo }?.text
    let offsets = try text.map { text throws(CheckpointError) in try SliceOffsets(parsing: text) }
    for entry in tensors.unreadable
    where !unreadable.contains(where: { $0.name.isIdentical(to: entry.name) }) {
      unreadable.append(.init(name: entry.name, value: entry.value, place: .max))
    }
    for (place, name) in tensors.names.enumerated() {
      let tensor = tensors[place]
      // A file without the metadata has whole tensors, as for PyTorch's reader.
      let start =
        try offsets?.offsets(of: name, count: tensor.shape.count) ?? tensor.shape.map { _ in 0 }
      if names.add(name) { pieces.append([]) }
      guard let number = names.place(of: name) else { continue }
      pieces[number].append(
        Piece(
          tensor: tensor, slice: TensorSlice(offsets: start, sizes: tensor.shape), path: file.path))
    }
    for (name, text) in header.metadata where !Self.isOfWriter(name) {
      if !metadata.contains(where: { $0.name.isIdentical(to: name) }) {
        metadata.append((name, text))
      }
    }
    fileCount += 1
  }

  /// Whether metadata are about the slices, which there are none of in the whole.
  private static func isOfWriter(_ name: String) -> Bool {
    name == SafetensorsCheckpoint.shardingInfo || name == "DCP_VERSION"
  }

  private consuming func checkpoint() throws(CheckpointError) -> Checkpoint {
    var tensors: [Tensor] = []
    tensors.reserveCapacity(pieces.count)
    for (name, pieces) in zip(names.names, pieces) {
      do throws(CheckpointError) {
        tensors.append(try Self.whole(pieces))
      } catch {
        throw error.with(path: pieces.first?.path, name: name)
      }
    }
    var named = NamedTensors(names, tensors)
    named.unreadable = unreadable
    return try SafetensorsContent(
      tensors: named, nil, metadata: metadata,
      notes: [
        "slices of \(counted(fileCount, "file")) are put together; the files do not say how many "
          + "ranks there were, so if those of the last ranks are missing, tensors lack their ends"
      ]
    ).checkpoint()
  }

  private static func whole(_ pieces: [Piece]) throws(CheckpointError) -> Tensor {
    guard let first = pieces.first else {
      throw CheckpointError(.tensorSlices, "has no slices")
    }
    var size = first.tensor.shape
    for piece in pieces {
      guard piece.slice.sizes.count == size.count else {
        throw CheckpointError(
          .tensorSlices, "its slices have different numbers of dimensions",
          advice: "the files are not of one checkpoint; get all of them again")
      }
      for (dimension, offset) in piece.slice.offsets.enumerated() {
        let (end, overflow) = offset.addingReportingOverflow(piece.slice.sizes[dimension])
        guard !overflow else { throw CheckpointError(.overflow, "a slice begins at \(offset)") }
        size[dimension] = max(size[dimension], end)
      }
    }
    let slices = pieces.map(\.slice)
    var tensorBySlice: [TensorSlice: Tensor] = [:]
    for piece in pieces { tensorBySlice[piece.slice] = piece.tensor }
    return try SlicedTensor(first.tensor.scalarType, size: size, slices: slices)
      .tensor { slice throws(CheckpointError) in tensorBySlice[slice] ?? first.tensor }
  }
}
