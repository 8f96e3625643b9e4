public import DBNTensors

extension CheckpointError.Code {
  /// The file does not end as a zip archive does.
  public static let zipEndRecord = Self("zip-end-record")
  /// The archive spans several disks.
  public static let zipMultipleDisks = Self("zip-multiple-disks")
  /// The central directory is not where, or not what, the end record says.
  public static let zipDirectory = Self("zip-directory")
  /// The 64-bit fields are missing or disagree with the others.
  public static let zip64 = Self("zip64")
  /// A record's name is not UTF-8.
  public static let zipName = Self("zip-name")
  /// Two records have one name.
  public static let zipDuplicate = Self("zip-duplicate")
  /// A record is encrypted.
  public static let zipEncrypted = Self("zip-encrypted")
  /// A record is compressed by a method other than deflate.
  public static let zipMethod = Self("zip-method")
  /// A record's two sizes can't belong together.
  public static let zipSize = Self("zip-size")
  /// A record lies outside the file.
  public static let zipBounds = Self("zip-bounds")
  /// A record's local header is not there, or belongs to another record.
  public static let zipLocalHeader = Self("zip-local-header")
  /// Two records share bytes.
  public static let zipOverlap = Self("zip-overlap")
}
