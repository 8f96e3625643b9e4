public import DBNTensors

extension CheckpointError.Code {
  /// The file is shorter than its header's length says, or has no length.
  public static let safetensorsHeaderLength = Self("safetensors-header-length")
  /// The header is longer than the format allows.
  public static let safetensorsHeaderTooLarge = Self("safetensors-header-too-large")
  /// The header does not start with `{`.
  public static let safetensorsHeaderStart = Self("safetensors-header-start")
  /// Two tensors, or two fields of one, have one name.
  public static let safetensorsDuplicate = Self("safetensors-duplicate")
  /// A tensor lacks its dtype, shape or offsets.
  public static let safetensorsField = Self("safetensors-field")
  /// A dtype that the format does not have.
  public static let safetensorsDtype = Self("safetensors-dtype")
  /// A tensor's elements, of less than a byte each, do not fill its last byte.
  public static let safetensorsPartialByte = Self("safetensors-partial-byte")
  /// A tensor's shape and dtype need another number of bytes than its offsets give it.
  public static let safetensorsSize = Self("safetensors-size")
  /// Tensors overlap, or bytes between them belong to none.
  public static let safetensorsOffsets = Self("safetensors-offsets")
  /// The file goes on after the last tensor, or ends before.
  public static let safetensorsFileEnd = Self("safetensors-file-end")
  /// `__metadata__` is not a mapping of text to text.
  public static let safetensorsMetadata = Self("safetensors-metadata")
  /// The record of what the format itself can't hold is not as this toolkit writes it.
  public static let safetensorsRecord = Self("safetensors-record")
  /// That record is of a later version.
  public static let safetensorsRecordVersion = Self("safetensors-record-version")
  /// The index of a sharded checkpoint does not have its form.
  public static let shardIndex = Self("shard-index")
  /// A folder has no safetensors files, or several and no index.
  public static let shardFolder = Self("shard-folder")
  /// An index names a shard outside its folder.
  public static let shardPath = Self("shard-path")
  /// A shard that an index names is not there.
  public static let shardMissing = Self("shard-missing")
  /// A tensor is not in the shard that the index names for it.
  public static let shardTensorMissing = Self("shard-tensor-missing")
  /// A shard holds a tensor for which the index names another shard or none.
  public static let shardTensorUnlisted = Self("shard-tensor-unlisted")
}
