public import DBNCheckpointFormats
public import DBNTensors

/// Weights of Keras in several files: an index, `NAME.weights.json`, and `NAME_00000.weights.h5`, ... in
/// the same folder. The result is as that of one file.
///
/// Source: `ShardedH5IOStore` in `keras/src/saving/saving_lib.py`.
public struct KerasShardsFormat: CheckpointFormat {
  /// `keras-shards` in reports and JSON.
  public let name = "keras-shards"

  private static let suffix = ".weights.json"

  /// Makes the format, for a registry.
  public init() {}

  /// Recognises an index by its name and its first character.
  ///
  /// - Returns: nil for a file of another format.
  public func probe(_ file: SourceFile) -> SourceFile? {
    guard file.path.hasSuffix(Self.suffix) else { return nil }
    let first = file.bytes.withBytes { bytes in
      bytes.withUnsafeBytes { $0.first { !" \t\r\n".utf8.contains($0) } }
    }
    return first == UInt8(ascii: "{") ? file : nil
  }

  /// Reads the weights of all files that the index names. The bytes of tensors stay in the mapped
  /// files until they are needed.
  ///
  /// - Throws: `kerasShards` for an index that is not one, names a file elsewhere, or lists weights
  ///   that its files do not have; errors of reading.
  public func read(
    _ file: consuming SourceFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    let index = try KerasShardIndex(parsing: file.bytes)
    var shards = KerasShards()
    for name in index.files {
      let shard = try file.folder.file(name)
      do throws(CheckpointError) {
        try shards.add(HDF5Checkpoint.read(HDF5File(shard.bytes)))
      } catch {
        throw error.with(path: shard.path)
      }
    }
    return try shards.checkpoint(in: index)
  }

  /// The files that the index at the path names.
  public func companions(of path: String) -> [String] {
    guard path.hasSuffix(Self.suffix), let file = try? MappedFile.open(path),
      let index = try? KerasShardIndex(parsing: file)
    else { return [] }
    let folder = path.dropLast(path.split(separator: "/").last?.count ?? 0)
    return index.files.map { folder + $0 }
  }
}

/// The index: the files of each group of variables.
struct KerasShardIndex {
  /// The keys of the groups' layers, in the index's order.
  private(set) var layers: [String] = []
  /// The distinct files in the order in which they are named first.
  private(set) var files: [String] = []

  /// More files than any model has: 50 TB of Keras' 5 GB.
  private static let fileLimit = 10_000

  init(parsing bytes: ByteRegion) throws(CheckpointError) {
    guard let map = try JSON(parsing: bytes)["weight_map"]?.members else {
      throw Self.invalid("the index has no 'weight_map' from weights to files")
    }
    var known: Set<String> = []
    for member in map {
      let names = member.value.array?.map(\.string) ?? [member.value.string]
      for name in names {
        guard let name, name.hasSuffix(".weights.h5"), !name.contains("/"), !name.contains("\0")
        else {
          throw Self.invalid("'\(member.name.visible())' is not in a file of the index's folder")
        }
        if known.insert(name).inserted { files.append(name) }
      }
      let path = member.name.split(separator: "/")
      layers.append(path.dropLast(path.last == "vars" ? 1 : 0).joined(separator: "."))
    }
    guard !files.isEmpty, files.count <= Self.fileLimit else {
      throw Self.invalid("the index names \(files.count) files")
    }
  }

  static func invalid(_ reason: String) -> CheckpointError {
    CheckpointError(.kerasShards, reason, advice: "get the index and its files again")
  }
}

/// The weights of several files, put together.
private struct KerasShards {
  private var weights = CheckpointDictionary(.orderedDict)
  private var names = CheckpointDictionary()
  /// The configuration of the model, if a file carries it.
  private var configuration: CheckpointValue?
  private var notes: [Guidance] = []

  mutating func add(_ shard: Checkpoint) throws(CheckpointError) {
    guard let dictionary = shard.root.dictionary, let stateDict = StateDict(dictionary) else {
      return
    }
    for entry in dictionary.entries {
      guard !weights.contains(entry.key) else {
        throw CheckpointError(
          .kerasShards, name: entry.key.description, "is in two files of the index",
          advice: "get the index and its files again")
      }
      weights.set(entry.key, to: entry.value)
    }
    configuration =
      configuration
      ?? dictionary.attributes.first { $0.name == KerasConfiguration.attribute }?.value
    let found = dictionary.attributes.first { $0.name == KerasFacts.namesAttribute }
    for entry in found?.value.dictionary?.entries ?? [] { names.set(entry.key, to: entry.value) }
    // Each file counts the BatchNorms without epsilon; all are counted together below.
    let counts = KerasSettings(stateDict).notes
    for note in shard.notes where !counts.contains(note) && !notes.contains(note) {
      notes.append(note)
    }
  }

  func checkpoint(in index: KerasShardIndex) throws(CheckpointError) -> Checkpoint {
    var keysByLayer: [String: [CheckpointDictionary.Key]] = [:]
    for entry in weights.entries {
      guard let variable = KerasLayer.VariableKey(of: entry.key.description) else { continue }
      keysByLayer[variable.key, default: []].append(entry.key)
    }
    var ordered = CheckpointDictionary(weights.kind)
    for layer in index.layers {
      guard let keys = keysByLayer[layer] else {
        throw CheckpointError(
          .kerasShards, name: layer, "is in the index and in none of its files",
          advice: "get the index and its files again")
      }
      for key in keys { if let value = weights[key] { ordered.set(key, to: value) } }
    }
    for entry in weights.entries where !ordered.contains(entry.key) {
      ordered.set(entry.key, to: entry.value)
    }
    if let configuration {
      ordered.attributes.append((KerasConfiguration.attribute, configuration))
    }
    if !names.entries.isEmpty {
      ordered.attributes.append((KerasFacts.namesAttribute, .dictionary(names)))
    }
    let settings = StateDict(ordered).map { KerasSettings($0) }
    let stated = StateDict(ordered).flatMap { StatedVariables(keras: $0).attribute }
    if let stated { ordered.attributes.append(stated) }
    return Checkpoint(
      root: .dictionary(ordered), notes: notes + (settings?.notes ?? []),
      batchNormSettings: settings?.table ?? BatchNormSettingsTable())
  }
}
