internal import Tensors

/// The index of a sharded checkpoint: which of the files in its folder holds each tensor.
struct ShardIndex {
  static let metadata = "metadata"
  static let totalSize = "total_size"
  static let weightMap = "weight_map"

  /// In the index's order.
  let tensors: [String]
  /// Where each tensor is to be found.
  let shardByTensor: [CheckpointDictionary.Key: String]
  /// The shards, each once, in the order they are first named.
  let shards: [String]
  /// The bytes of all tensors, if the index says so; not all writers count alike.
  let totalByteCount: Int?
  /// This toolkit's record of the checkpoint.
  let record: String?
  /// What else the index says of itself.
  let otherMetadata: [String]

  init(parsing file: ByteRegion) throws(CheckpointError) {
    let json = try JSON(parsing: file)
    guard let members = json[Self.weightMap]?.members else {
      throw Self.invalid(nil, "the index has no '\(Self.weightMap)' of tensors to shards")
    }
    var shardByTensor: [CheckpointDictionary.Key: String] = [:]
    var (shards, known) = ([String](), Set<CheckpointDictionary.Key>())
    for member in members {
      let shard = try Self.shard(of: member)
      shardByTensor[.string(member.name)] = shard
      if known.insert(.string(shard)).inserted { shards.append(shard) }
    }
    self.shardByTensor = shardByTensor
    tensors = members.map(\.name)
    self.shards = shards
    let metadata = json[Self.metadata]
    totalByteCount = metadata?[Self.totalSize]?.int
    record = metadata?[SafetensorsContent.recordName]?.string
    otherMetadata = (metadata?.members ?? []).map(\.name).filter {
      $0 != Self.totalSize && $0 != SafetensorsContent.recordName
    }
  }

  /// The name of a file in the index's own folder: an index must not be able to read any other.
  private static func shard(of member: JSON.Member) throws(CheckpointError) -> String {
    guard let shard = member.value.string else {
      throw invalid(member.name, "the index does not name the tensor's shard")
    }
    let isFileName =
      !shard.isEmpty && shard != "." && shard != ".."
      && !shard.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    guard isFileName else {
      throw CheckpointError(
        .shardPath, name: member.name,
        "the index places it in '\(shard.visible())', which is no file of the index's folder",
        advice: "the index is made to deceive, or must be edited to name files beside it")
    }
    return shard
  }

  private static func invalid(_ name: String?, _ reason: String) -> CheckpointError {
    CheckpointError(.shardIndex, name: name, reason, advice: "get the index again")
  }
}
