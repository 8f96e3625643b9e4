public import DBNTensors

extension CheckpointError.Code {
  /// The file is shorter than its header's length, or has no length field.
  public static let safetensorsHeaderLength = Self("safetensors-header-length")
  /// The header is longer than the format allows.
  public static let safetensorsHeaderTooLarge = Self("safetensors-header-too-large")
  /// The header does not start with `{`.
  public static let safetensorsHeaderStart = Self("safetensors-header-start")
  /// Two tensors, or two fields of one tensor, have the same name.
  public static let safetensorsDuplicate = Self("safetensors-duplicate")
  /// A tensor lacks its dtype, shape or offsets.
  public static let safetensorsField = Self("safetensors-field")
  /// A tensor has a dtype that the format does not have.
  public static let safetensorsDtype = Self("safetensors-dtype")
  /// A tensor's elements are smaller than a byte and do not fill its last byte.
  public static let safetensorsPartialByte = Self("safetensors-partial-byte")
  /// A tensor's shape and dtype do not match the number of bytes between its offsets.
  public static let safetensorsSize = Self("safetensors-size")
  /// Tensors overlap, or there are gaps between them.
  public static let safetensorsOffsets = Self("safetensors-offsets")
  /// The file continues after the last tensor, or ends before its end.
  public static let safetensorsFileEnd = Self("safetensors-file-end")
  /// `__metadata__` is not a mapping of text to text.
  public static let safetensorsMetadata = Self("safetensors-metadata")
  /// The toolkit's record of what the format itself can't hold is invalid.
  public static let safetensorsRecord = Self("safetensors-record")
  /// That record has an unknown version.
  public static let safetensorsRecordVersion = Self("safetensors-record-version")
  /// The offsets of slices in the metadata are not of the form that PyTorch gives them.
  public static let safetensorsSlices = Self("safetensors-slices")
}
