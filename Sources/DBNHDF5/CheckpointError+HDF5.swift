public import DBNTensors

extension CheckpointError.Code {
  /// libhdf5 could not do what was asked.
  public static let hdf5Library = Self("hdf5-library")
  /// The file does not have HDF5's signature.
  public static let notHDF5 = Self("not-hdf5")
  /// A structure of the file breaks a rule of the format.
  public static let invalidHDF5 = Self("invalid-hdf5")
  /// A structure of the file has a version that this reader does not know.
  public static let unknownHDF5Version = Self("unknown-hdf5-version")
  /// A link leads into another file.
  public static let externalLink = Self("external-link")
  /// The bytes of a dataset lie in another file.
  public static let externalStorage = Self("external-storage")
  /// A dataset is put together from others, which may lie in other files.
  public static let virtualDataset = Self("virtual-dataset")
  /// A link of a class that only the program that defined it can follow.
  public static let userDefinedLink = Self("user-defined-link")
  /// A soft link leads nowhere, or round in circles.
  public static let danglingLink = Self("dangling-link")
  /// A group contains itself.
  public static let groupCycle = Self("group-cycle")
  /// A chunk was written through a filter other than deflate, shuffle and fletcher32.
  public static let unsupportedFilter = Self("unsupported-filter")
  /// Elements of a type that no tensor has.
  public static let unsupportedElementType = Self("unsupported-element-type")
  /// A storage layout that can't be read yet.
  public static let unsupportedLayout = Self("unsupported-layout")
  /// A stored chunk does not fit its dataset, or its filters can't be undone.
  public static let invalidChunk = Self("invalid-chunk")
  /// A dataset's bytes would lie outside the file.
  public static let extentOutsideFile = Self("extent-outside-file")
  /// Datasets claim more bytes than the file stores.
  public static let declaredTooLarge = Self("declared-too-large")
  /// Two entries of a file come out under one name.
  public static let duplicateKey = Self("duplicate-key")
  /// The file follows a later version of the schema.
  public static let schemaVersion = Self("schema-version")
  /// A name, attribute or dataset breaks a rule of the schema.
  public static let schemaViolation = Self("schema-violation")
  /// A dataset that the file's checksums name is not there.
  public static let missingDataset = Self("missing-dataset")
}
