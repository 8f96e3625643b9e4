package import DBNTensors

/// The index of a sharded checkpoint: maps each tensor to a file in the same folder, of whatever
/// format.
package struct ShardIndex {
  package static let metadata = "metadata"
  package static let totalSize = "total_size"
  package static let weightMap = "weight_map"
  /// The member of the metadata with this toolkit's record of a checkpoint.
  package static let recordName = "dbn-checkpoint"
  /// The member of the metadata of an index with the identity of the checkpoint's tensors, which its
  /// shards have too, so that shards of another checkpoint are noticed.
  package static let setName = "dbn-set"

  /// The names of the tensors, in the index's order.
  package private(set) var tensors = NameTable()
  /// The number of each tensor's shard, by the tensor's number.
  private(set) var shardByTensor: [Int] = []
  /// The distinct shards, in order of first occurrence.
  package private(set) var shards = NameTable()
  /// The total bytes of all tensors, if the index states it; writers count differently.
  private(set) var totalByteCount: Int?
  /// This toolkit's record of the checkpoint.
  package private(set) var record: ByteRegion?
  /// The identity that all shards have; nil if the index states none.
  package private(set) var set: String?
  /// The other metadata of the index.
  private(set) var otherMetadata: [String] = []
  /// The first rule that the index breaks; thrown only if the whole index is valid JSON.
  private var failure: CheckpointError?

  package init(parsing file: ByteRegion) throws(CheckpointError) {
    FileEvent.report(.parsedShardIndex, file)
    failure = Self.invalid(nil, "the index has no '\(Self.weightMap)' from tensors to shards")
    var parser = JSONParser(file)
    parser.skipSpace()
    if parser.isAtObject { try parseMembers(&parser) } else { try parser.skipValue() }
    try parser.expectEnd()
    if let failure { throw failure }
  }

  private mutating func parseMembers(_ parser: inout JSONParser) throws(CheckpointError) {
    var names = NameTable()
    try parser.parseObject { parser, name throws(CheckpointError) in
      guard names.add(name) else { throw parser.duplicate(name) }
      if name.isIdentical(to: Self.weightMap), parser.isAtObject {
        failure = nil
        try parseWeightMap(&parser)
      } else if name.isIdentical(to: Self.metadata), parser.isAtObject {
        try parseMetadata(&parser)
      } else {
        try parser.skipValue(depth: 1)
      }
    }
  }

  private mutating func parseWeightMap(_ parser: inout JSONParser) throws(CheckpointError) {
    try parser.parseObject { parser, name throws(CheckpointError) in
      guard tensors.add(name) else { throw parser.duplicate(name) }
      var shard: String?
      if parser.isAtString {
        shard = try parser.parseString()
      } else {
        try parser.skipValue(depth: 2)
      }
      do throws(CheckpointError) {
        shardByTensor.append(number(ofShard: try Self.shard(shard, of: name)))
      } catch {
        failure = failure ?? error
      }
    }
  }

  private mutating func number(ofShard name: String) -> Int {
    if let last = shardByTensor.last, shards.names[last].isIdentical(to: name) { return last }
    if shards.add(name) { return shards.count - 1 }
    return shards.place(of: name) ?? 0
  }

  private mutating func parseMetadata(_ parser: inout JSONParser) throws(CheckpointError) {
    var names = NameTable()
    try parser.parseObject { parser, name throws(CheckpointError) in
      guard names.add(name) else { throw parser.duplicate(name) }
      switch name {
      case Self.recordName where parser.isAtString:
        record = try parser.parseText()
      case Self.setName where parser.isAtString: set = try parser.parseString()
      case Self.totalSize: totalByteCount = try parser.parseValue(depth: 2).int
      default:
        try parser.skipValue(depth: 2)
        if name != Self.recordName, name != Self.setName { otherMetadata.append(name) }
      }
    }
  }

  /// The name of a file in the index's own folder: an index must not give access to other files.
  private static func shard(
    _ shard: String?, of tensor: String
  ) throws(CheckpointError) -> String {
    guard let shard else { throw invalid(tensor, "the index does not name the tensor's shard") }
    let isFileName =
      !shard.isEmpty && shard != "." && shard != ".."
      && !shard.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    guard isFileName else {
      throw CheckpointError(
        .shardPath, name: tensor,
        "the index says it is in '\(shard.visible())', which is not a file in the index's folder",
        advice: "the index may be malicious; if you trust it, edit it to name files in its folder")
    }
    return shard
  }

  private static func invalid(_ name: String?, _ reason: String) -> CheckpointError {
    CheckpointError(.shardIndex, name: name, reason, advice: "get the index again")
  }
}
