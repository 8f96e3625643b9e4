import DBNCheckpointFormats
import DBNTensors

/// Puts the float32 weights of a ZeRO checkpoint together, as DeepSpeed's `zero_to_fp32.py` does. But
/// counters stay integers, and the order is that of the model.
///
/// Nothing is copied before it is read: a weight is ranges of the ranks' flat tensors.
struct DeepSpeedCheckpoint {
  private let model: DeepSpeedModelState
  /// What each rank's model file has of the weights that are not trained.
  private let frozenParts: [CheckpointDictionary]
  private let ranks: [DeepSpeedFlatWeights]
  private let scalarType: ScalarType
  private var tensors = CheckpointDictionary(.orderedDict)

  static func read(
    _ files: DeepSpeedFolder, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try files.refuseSlices()
    var reader = try DeepSpeedCheckpoint(files, options)
    return try reader.checkpoint()
  }

  private init(_ files: DeepSpeedFolder, _ options: ReadingOptions) throws(CheckpointError) {
    func roots<Value>(
      _ names: [String], _ make: (CheckpointValue) throws(CheckpointError) -> Value
    ) throws(CheckpointError) -> [Value] {
      try names.map { name throws(CheckpointError) in
        let file = try files.folder.file(name)
        defer { file.bytes.releaseFile() }
        do throws(CheckpointError) {
          return try make(TorchCheckpoint.read(file.bytes, options: options).root)
        } catch {
          throw error.with(path: file.path)
        }
      }
    }
    ranks = try roots(files.optimizers) { root throws(CheckpointError) in
      try DeepSpeedFlatWeights(root)
    }
    let models = try roots(files.models) { root throws(CheckpointError) in
      try DeepSpeedModelState(root)
    }
    model = models[0]
    frozenParts = models.map(\.frozenParts)
    scalarType = ranks[0].groups[0].scalarType
    try Self.check(ranks, files)
  }

  private static func check(
    _ ranks: [DeepSpeedFlatWeights], _ files: DeepSpeedFolder
  ) throws(CheckpointError) {
    let first = ranks[0]
    guard ranks.count == first.rankCount else {
      throw CheckpointError(
        .deepSpeed, path: String(files.folder.prefix.dropLast()),
        "the folder has optimizer files of \(ranks.count) ranks, but \(first.rankCount) saved some",
        advice: "get the files of all ranks, of one save, into one folder")
    }
    for (rank, name) in zip(ranks, files.optimizers) {
      let isAlike =
        rank.stage == first.stage && rank.groups.count == first.groups.count
        && rank.groups.allSatisfy { $0.scalarType == first.groups[0].scalarType }
      guard isAlike else {
        throw CheckpointError(
          .deepSpeed, path: files.folder.prefix + name,
          "its flat weights are not like those of the first rank",
          advice: "get the files of all ranks, of one save, into one folder")
      }
    }
  }

  private mutating func checkpoint() throws(CheckpointError) -> Checkpoint {
    let buffers = try model.buffers.casting(halves: .float32)
    for (name, tensor) in buffers.tensors { tensors.set(.string(name), to: .tensor(tensor)) }
    let isPartitioned = ranks[0].stage == 3
    try addFrozen(isPartitioned: isPartitioned)
    try isPartitioned ? addPartitioned() : addGroups()
    for (name, stored) in model.shared {
      if let value = tensors[stored] { tensors.set(.string(name), to: value) }
    }
    var notes: [Guidance] = [
      "these are the \(scalarType.name) weights of a ZeRO checkpoint of stage \(ranks[0].stage), put "
        + "together from \(counted(ranks.count, "rank")); optimizer states and all else in its files "
        + "are left out"
    ]
    if !isPartitioned, let note = addRest() { notes.append(note) }
    return Checkpoint(root: .dictionary(ordered()), notes: notes)
  }

  /// Weights that the optimizer does not have, which stage 1 does not save apart.
  private mutating func addRest() -> Guidance? {
    let rest = model.module.entries.filter {
      $0.value.tensor != nil && tensors[$0.key] == nil
    }
    for entry in rest { tensors.set(entry.key, to: entry.value) }
    guard let first = rest.first else { return nil }
    return "\(counted(rest.count, "weight")) that the optimizer does not have, such as "
      + "'\(first.key.description.visible())', are as the model's state has them"
  }

  /// All weights in the model's order; others at the end.
  private func ordered() -> CheckpointDictionary {
    var result = CheckpointDictionary(.orderedDict)
    result.reserveCapacity(tensors.entries.count)
    for entry in model.module.entries {
      if let value = tensors[entry.key] { result.set(entry.key, to: value) }
    }
    for entry in tensors.entries where !result.contains(entry.key) {
      result.set(entry.key, to: entry.value)
    }
    return result
  }

  /// Weights that are not trained: whole, or with ZeRO 3 in equal parts, the last one padded.
  private mutating func addFrozen(isPartitioned: Bool) throws(CheckpointError) {
    for (name, shape) in model.frozenShapes {
      let parts = (isPartitioned ? frozenParts : [model.frozenParts]).compactMap {
        $0[name]?.tensor
      }
      guard let first = parts.first, parts.allSatisfy({ $0.scalarType == first.scalarType }) else {
        throw DeepSpeedModelState.wrong("has no values of the frozen weight").with(name: name)
      }
      let source = Concatenation(parts.map(\.storage))
      try add(name, first.scalarType, shape, source.bytes(from: 0, type: first.scalarType, shape))
    }
  }

  /// ZeRO 1 and 2: all ranks' parts of a group one after the other are the group's weights one after
  /// the other, and padding.
  private mutating func addGroups() throws(CheckpointError) {
    guard model.groups.count == ranks[0].groups.count else {
      throw DeepSpeedModelState.wrong("has names for other groups of weights than the optimizer")
    }
    for (index, weights) in model.groups.enumerated() {
      let source = Concatenation(ranks.map { $0.groups[index].storage })
      var end = 0
      for (name, shape) in weights {
        try add(name, scalarType, shape, source.bytes(from: end, type: scalarType, shape))
        end += try Tensor.byteCount(of: scalarType, shape: shape)
      }
      // The padding is less than two elements for each rank, before and after dividing.
      let rest = (source.byteCount - end) / scalarType.byteCount
      guard rest < 4 * ranks.count else {
        throw DeepSpeedModelState.wrong("names \(rest) elements less than the optimizer has")
      }
    }
  }

  /// ZeRO 3: each weight is divided among the ranks, padded to a multiple of their number.
  private mutating func addPartitioned() throws(CheckpointError) {
    let sources = ranks.map { Concatenation($0.groups.map(\.storage)) }
    var start = 0
    for (name, shape) in model.groups.joined() {
      let size = try Tensor.byteCount(of: scalarType, shape: shape)
      let count = size / scalarType.byteCount
      let part = (count / ranks.count + (count % ranks.count > 0 ? 1 : 0)) * scalarType.byteCount
      var parts: [JoinedRanges.Part] = []
      for (rank, source) in sources.enumerated() {
        let wanted = min(part, max(0, size - rank * part))
        parts += try source.parts(from: start, byteCount: wanted, name)
      }
      try add(name, scalarType, shape, parts)
      start += part
    }
    guard let first = sources.first, first.byteCount == start else {
      throw DeepSpeedModelState.wrong(
        "names \(start) bytes of each rank's weights, which has others")
    }
  }

  private mutating func add(
    _ name: String, _ type: ScalarType, _ shape: [Int], _ parts: [JoinedRanges.Part]
  ) throws(CheckpointError) {
    do throws(CheckpointError) {
      let tensor = try Tensor(type, shape: shape, storage: TensorStorage(JoinedRanges(parts)))
      tensors.set(.string(name), to: .tensor(tensor))
    } catch {
      throw error.with(name: name)
    }
  }
}

/// Storages that are read as if they were one.
private struct Concatenation {
  /// Those that are compressed are decompressed once, however many tensors are in them.
  private let storages: [UnpackedBytes]
  /// The offset of each storage, and the end of the last.
  private let starts: [Int]

  init(_ storages: [TensorStorage]) {
    self.storages = storages.map(UnpackedBytes.init)
    var starts = [0]
    // The sizes of tensors in files: their sum does not overflow.
    for storage in storages { starts.append((starts.last ?? 0) + storage.byteCount) }
    self.starts = starts
  }

  var byteCount: Int { starts.last ?? 0 }

  /// The parts of storages that a tensor's bytes from an offset are in.
  func bytes(
    from start: Int, type: ScalarType, _ shape: [Int]
  ) throws(CheckpointError) -> [JoinedRanges.Part] {
    try parts(from: start, byteCount: Tensor.byteCount(of: type, shape: shape), nil)
  }

  func parts(
    from start: Int, byteCount: Int, _ name: String?
  ) throws(CheckpointError) -> [JoinedRanges.Part] {
    guard start <= self.byteCount, byteCount <= self.byteCount - start else {
      throw DeepSpeedModelState.wrong("names more weights than the optimizer has").with(name: name)
    }
    let end = start + byteCount
    var parts: [JoinedRanges.Part] = []
    // The first storage that ends after the start, by bisection: there can be many.
    var (low, high) = (0, storages.count)
    while low < high {
      let middle = (low + high) / 2
      if starts[middle + 1] > start { high = middle } else { low = middle + 1 }
    }
    for index in low..<storages.count where starts[index] < end {
      let lower = max(start, starts[index]) - starts[index]
      let upper = min(end, starts[index + 1]) - starts[index]
      if lower < upper {
        _ = storages[index].addView()
        parts.append(.init(storages[index], lower..<upper))
      }
      if starts[index + 1] >= end { break }
    }
    return parts
  }
}

extension StateDict {
  /// The same with numbers of half precision in another type.
  fileprivate func casting(halves type: ScalarType) throws(CheckpointError) -> StateDict {
    let others = tensors.filter {
      $0.tensor.scalarType != .float16 && $0.tensor.scalarType != .bfloat16
    }
    return try casting(to: type, except: Set(others.map { .string($0.name) })).stateDict
  }
}
