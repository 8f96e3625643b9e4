public import DBNTensors

extension CheckpointError.Code {
  /// The index of a sharded checkpoint is invalid.
  public static let shardIndex = Self("shard-index")
  /// A folder has several indexes, or several files and no index.
  public static let shardFolder = Self("shard-folder")
  /// An index names a shard outside its folder.
  public static let shardPath = Self("shard-path")
  /// A shard that an index names is missing.
  public static let shardMissing = Self("shard-missing")
  /// A tensor is not in the shard that the index names for it.
  public static let shardTensorMissing = Self("shard-tensor-missing")
  /// A shard is one of another checkpoint than its index.
  public static let shardSet = Self("shard-set")
  /// A shard holds a tensor for which the index names another shard, or none.
  public static let shardTensorUnlisted = Self("shard-tensor-unlisted")
}
