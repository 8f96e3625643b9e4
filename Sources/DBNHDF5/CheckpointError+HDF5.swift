public import DBNTensors

extension CheckpointError.Code {
  /// A call to libhdf5 failed.
  public static let hdf5Library = Self("hdf5-library")
  /// The file does not have HDF5's signature.
  public static let notHDF5 = Self("not-hdf5")
  /// A structure in the file breaks a rule of the format.
  public static let invalidHDF5 = Self("invalid-hdf5")
  /// A structure in the file has a version that this reader does not support.
  public static let unknownHDF5Version = Self("unknown-hdf5-version")
  /// A link points into another file.
  public static let externalLink = Self("external-link")
  /// The bytes of a dataset are in another file.
  public static let externalStorage = Self("external-storage")
  /// A virtual dataset, composed of others, which may be in other files.
  public static let virtualDataset = Self("virtual-dataset")
  /// A user-defined link, which only the program that defined its class can follow.
  public static let userDefinedLink = Self("user-defined-link")
  /// A soft link points to nothing, or in a circle.
  public static let danglingLink = Self("dangling-link")
  /// A group contains itself.
  public static let groupCycle = Self("group-cycle")
  /// A chunk was written with a filter that is not read.
  public static let unsupportedFilter = Self("unsupported-filter")
  /// Elements of a type that tensors can't have.
  public static let unsupportedElementType = Self("unsupported-element-type")
  /// A named datatype, which has no values.
  public static let namedType = Self("named-type")
  /// A storage layout that is not supported.
  public static let unsupportedLayout = Self("unsupported-layout")
  /// A stored chunk does not fit its dataset, or its filters can't be undone.
  public static let invalidChunk = Self("invalid-chunk")
  /// A dataset's bytes would be outside the file.
  public static let extentOutsideFile = Self("extent-outside-file")
  /// Datasets have more values that were never written than are read.
  public static let unwritten = Self("unwritten")
  /// Datasets declare more bytes than the file stores.
  public static let declaredTooLarge = Self("declared-too-large")
  /// A file that should be of Keras is not.
  public static let notKeras = Self("not-keras")
  /// The index of a Keras checkpoint in several files is wrong, or its files do not agree with it.
  public static let kerasShards = Self("keras-shards")
  /// A state dict lacks a weight that a Keras file has.
  public static let missingWeight = Self("missing-weight")
  /// Two entries of a file get the same name.
  public static let duplicateKey = Self("duplicate-key")
  /// The file follows a later version of the schema.
  public static let schemaVersion = Self("schema-version")
  /// A name, attribute or dataset breaks a rule of the schema.
  public static let schemaViolation = Self("schema-violation")
  /// A dataset that has a checksum in the file is missing.
  public static let missingDataset = Self("missing-dataset")
}
