import DBNCheckpointFormats
import DBNPlatform
import DBNTensors

/// A file that is one shard of a checkpoint, as an index in its folder or its name says.
struct ShardPart {
  private let path: String
  /// Where the number and count come from, for the reason.
  private let source: String

  /// The part indicated by a file's path, or by that of the file that it links to; nil if none.
  ///
  /// A name alone is not enough, since whole checkpoints can be called `epoch-00001-of-00100.pth`
  /// too: an index in the folder must name the file, or another part must be there.
  static func part(at path: String) -> CheckpointPart? {
    if let part = ShardPart(path: path, source: "its name").part { return part }
    guard let target = resolved(path), target != path else { return nil }
    let name = (target.split(separator: "/").last.map(String.init) ?? target).visible()
    let source = "the name of the file that it links to, '\(name)'"
    return ShardPart(path: target, source: source).part
  }

  /// A note about a file with the name of a part but no other sign of being one.
  static func note(at path: String) -> Guidance? {
    let name = ShardFileName(path) ?? resolved(path).flatMap { ShardFileName($0) }
    return name.map {
      "this file has the name of part \($0.number) of \($0.count) of a checkpoint; its folder has no "
        + "other part, and no index that names it, so it is read as a whole checkpoint"
    }
  }

  /// The path with symbolic links resolved.
  private static func resolved(_ path: String) -> String? {
    guard let target = realpath(path, nil) else { return nil }
    defer { free(target) }
    return String(cString: target)
  }

  private var part: CheckpointPart? {
    let name = ShardFileName(path)
    let index = ShardIndex.isIndex(path) ? nil : ShardIndex.name(naming: path)
    // An index can name a single file, which is whole.
    let isNamed = index.map { name != nil || $0.shardCount > 1 } ?? false
    guard isNamed || name?.hasSibling == true else { return nil }
    let surroundings = [
      index.map { "its index \($0.index.visible()) is in the same folder" }, missing,
    ]
    .compactMap(\.self)
    let reason =
      name.map { "is part \($0.number) of \($0.count) of a checkpoint, according to \(source)" }
      ?? "is one of \(index?.shardCount ?? 0) shards of a checkpoint, according to an index"
    return CheckpointPart(
      reason, surroundings.isEmpty ? nil : surroundings.joined(separator: "; "),
      advice: index != nil && missing == nil
        ? "give the index, to read all parts"
        : "put all parts and their index into one folder, and give that folder")
  }

  /// "pytorch_model-00002-of-00002.bin is missing".
  private var missing: String? { ShardFileName(path)?.missing }
}

/// The name of a Keras shard, `model_00001.weights.h5`, whose index `model.weights.json` in the
/// same folder names several shards.
///
/// Source: `ShardedH5IOStore` of Keras.
struct KerasShardName {
  private let indexName: String

  init?(_ path: String) {
    let fileExtension = ".weights.h5"
    guard path.hasSuffix(fileExtension) else { return nil }
    let stem = path.dropLast(fileExtension.count)
    let digits = stem.suffix(5)
    guard digits.utf8.count == 5, digits.utf8.allSatisfy({ (48...57).contains($0) }),
      stem.dropLast(5).hasSuffix("_")
    else { return nil }
    let index = stem.dropLast(6) + ".weights.json"
    guard Self.shards(ofIndex: String(index)).count > 1 else { return nil }
    indexName = String(index.split(separator: "/").last ?? "")
  }

  /// Empty if it can't be read: then nothing indicates that the file is a shard.
  private static func shards(ofIndex path: String) -> Set<String> {
    guard let file = try? MappedFile.open(path), file.count <= indexByteLimit,
      let index = try? JSON(parsing: file)
    else { return [] }
    let values = index["weight_map"]?.members?.map(\.value) ?? []
    return Set(values.flatMap { $0.array ?? [$0] }.compactMap(\.string))
  }

  /// Far more than the names of any model need.
  private static let indexByteLimit = 16 << 20

  var part: CheckpointPart {
    CheckpointPart(
      "is one part of the weights of a Keras model", "its index \(indexName) is in the same folder",
      advice: "give the index, \(indexName), which reads all parts")
  }
}
