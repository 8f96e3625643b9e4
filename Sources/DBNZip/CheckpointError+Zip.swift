public import DBNTensors

extension CheckpointError.Code {
  /// The file does not end like a zip archive.
  public static let zipEndRecord = Self("zip-end-record")
  /// The archive spans several disks.
  public static let zipMultipleDisks = Self("zip-multiple-disks")
  /// The central directory does not match the end record.
  public static let zipDirectory = Self("zip-directory")
  /// The 64-bit fields are missing or contradict the 32-bit fields.
  public static let zip64 = Self("zip64")
  /// A record's name is not UTF-8.
  public static let zipName = Self("zip-name")
  /// Two records have the same name.
  public static let zipDuplicate = Self("zip-duplicate")
  /// A record is encrypted.
  public static let zipEncrypted = Self("zip-encrypted")
  /// A record is compressed by a method other than deflate.
  public static let zipMethod = Self("zip-method")
  /// A record's compressed and decompressed sizes contradict each other.
  public static let zipSize = Self("zip-size")
  /// A record lies outside the file.
  public static let zipBounds = Self("zip-bounds")
  /// A record's local header is missing, or belongs to another record.
  public static let zipLocalHeader = Self("zip-local-header")
  /// Two records share bytes.
  public static let zipOverlap = Self("zip-overlap")
}
