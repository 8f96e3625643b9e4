/// The names of records in archives from `torch.save`, relative to the archive's folder.
///
/// Source: `torch/serialization.py`, `caffe2/serialize/inline_container.cc`.
enum TorchRecord {
  static let pickle = "data.pkl"
  /// The folder of the storages, which are named by their keys.
  static let storages = "data/"
  /// The constants of a TorchScript program, and the folder of their storages.
  static let constants = "constants.pkl"
  static let constantStorages = "constants/"
  /// The version of the archive's format.
  static let version = "version"
  static let formatVersion = ".format_version"
  static let storageAlignment = ".storage_alignment"
  /// The folder of the archive's own metadata.
  static let archiveData = ".data/"
  static let serializationID = archiveData + "serialization_id"

  /// The byte order, `littleEndian` or `bigEndian`.
  static let byteOrder = "byteorder"
  static let littleEndian = "little"
  static let bigEndian = "big"

  /// The prefix of this toolkit's records, in the folder that PyTorch reserves for additions.
  private static let ours = "extra/dbn_convert_"
  /// The conversions that led to the file, a JSON array.
  static let history = ours + "history.json"
  /// The model's operations.
  static let graph = ours + "graph.json"
  /// Epsilon and momentum of BatchNorms, a JSON object.
  static let batchNorms = ours + "batch_norms.json"
}
