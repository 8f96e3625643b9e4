public import DBNTensors

/// Puts the `DTensor`s of ranks' files together.
public struct DTensorAssembly: Sendable {
  /// The whole tensors, by their paths.
  private var wholes: [EntryPath: Tensor] = [:]

  /// How many tensors were put together.
  public var count: Int { wholes.count }

  /// Reads every rank's parts. The bytes of a whole are put together when they are read.
  ///
  /// - Parameter ranks: the paths and contents of the files.
  /// - Throws: `unsupportedPlacement`, `dTensor`; `tensorSlices` if ranks are missing; `ranksDiffer` if
  ///   copies of a part differ; all with the name of the tensor.
  public init(_ ranks: [(path: String, checkpoint: Checkpoint)]) throws(CheckpointError) {
    var paths: [EntryPath] = []
    var parts: [EntryPath: [(file: String, part: DTensorPart)]] = [:]
    for rank in ranks {
      for (path, part) in try Self.parts(of: rank.checkpoint, in: rank.path) {
        if parts[path] == nil { paths.append(path) }
        parts[path, default: []].append((rank.path, part))
      }
    }
    for path in paths {
      do throws(CheckpointError) {
        wholes[path] = try Self.whole(parts[path] ?? [])
      } catch {
        throw error.with(name: path.description)
      }
    }
  }

  private static func parts(
    of checkpoint: Checkpoint, in file: String
  ) throws(CheckpointError) -> [(path: EntryPath, part: DTensorPart)] {
    var parts: [(path: EntryPath, part: DTensorPart)] = []
    for (path, value) in checkpoint.root.opaqueLeaves {
      do throws(CheckpointError) {
        if let part = try DTensorPart(value) { parts.append((path, part)) }
      } catch {
        throw error.with(path: file, name: path.description)
      }
    }
    return parts
  }

  private static func whole(
    _ parts: [(file: String, part: DTensorPart)]
  ) throws(CheckpointError) -> Tensor {
    guard let first = parts.first?.part else { throw DTensorPart.wrong("no rank has it") }
    var slices: [TensorSlice] = []
    var known: [TensorSlice: (file: String, local: Tensor)] = [:]
    for (file, part) in parts {
      guard part.size == first.size else {
        throw CheckpointError(
          .ranksDiffer, path: file, "its whole shape is \(part.size), and \(first.size) on rank 0",
          advice: "gather files that the ranks of one job saved at the same step")
      }
      guard let copy = known[part.slice] else {
        known[part.slice] = (file, part.local)
        slices.append(part.slice)
        continue
      }
      try checkCopy(part.local, in: file, of: copy.local, in: copy.file)
    }
    do throws(CheckpointError) {
      return try SlicedTensor(
        first.local.scalarType, size: first.size, slices: slices,
        requiresGrad: first.local.requiresGrad
      ).tensor { slice throws(CheckpointError) in known[slice]?.local ?? first.local }
    } catch  where error.code == .tensorSlices {
      var error = error
      error.advice = "give the files of all ranks, each once"
      throw error
    }
  }

  /// Copies of one part are replicas, which ranks hold to the last bit.
  private static func checkCopy(
    _ copy: Tensor, in file: String, of first: Tensor, in firstFile: String
  ) throws(CheckpointError) {
    defer {
      copy.storage.releaseFile()
      first.storage.releaseFile()
    }
    guard try copy.storage.crc32() != first.storage.crc32() else { return }
    throw CheckpointError(
      .ranksDiffer, path: file, "its copy of a replicated part differs from that of \(firstFile)",
      advice: "gather files that the ranks of one job saved at the same step")
  }

  /// The checkpoint with whole tensors in place of a rank's parts.
  public func applied(to checkpoint: Checkpoint) -> Checkpoint {
    guard !wholes.isEmpty else { return checkpoint }
    var result = checkpoint
    result.root = replaced(checkpoint.root, at: EntryPath())
    return result
  }

  /// Recurses at most `CheckpointLimits.depth` levels.
  private func replaced(_ value: CheckpointValue, at path: EntryPath) -> CheckpointValue {
    if case .opaque = value { return wholes[path].map { .tensor($0) } ?? value }
    if let dictionary = value.dictionary {
      var result = CheckpointDictionary(dictionary.kind)
      result.attributes = dictionary.attributes
      result.reserveCapacity(dictionary.entries.count)
      for entry in dictionary.entries {
        result.set(entry.key, to: replaced(entry.value, at: path.appending(entry.key)))
      }
      return .dictionary(result)
    }
    let elements = (value.elements ?? []).enumerated().map { index, element in
      replaced(element, at: path.appending(.int(index)))
    }
    switch value {
    case .list: return .list(elements)
    case .tuple: return .tuple(elements)
    case .set: return .set(elements)
    default: return value
    }
  }
}

extension CheckpointValue {
  fileprivate var opaqueLeaves: [(path: EntryPath, value: CheckpointValue)] {
    var leaves: [(path: EntryPath, value: CheckpointValue)] = []
    forEachLeaf { path, value in
      if case .opaque = value { leaves.append((path, value)) }
    }
    return leaves
  }
}
