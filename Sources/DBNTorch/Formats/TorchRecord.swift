/// The records of the archives that `torch.save` writes, by their names below the archive's folder.
///
/// Source: `torch/serialization.py`, `caffe2/serialize/inline_container.cc`.
enum TorchRecord {
  static let pickle = "data.pkl"
  /// The folder of the storages, each under its key.
  static let storages = "data/"
  /// The version of the archive's format.
  static let version = "version"
  static let formatVersion = ".format_version"
  static let storageAlignment = ".storage_alignment"
  /// What the archive says of itself.
  static let archiveData = ".data/"
  static let serializationID = archiveData + "serialization_id"

  /// Says `littleEndian` or `bigEndian`.
  static let byteOrder = "byteorder"
  static let littleEndian = "little"
  static let bigEndian = "big"

  /// This toolkit's own records, in the folder that PyTorch leaves to what others add.
  private static let ours = "extra/dbn_convert_"
  /// The conversions that led to the file, a JSON array.
  static let history = ours + "history.json"
  /// The model's operations.
  static let graph = ours + "graph.json"
  /// Epsilon and momentum of BatchNorms, a JSON object.
  static let batchNorms = ours + "batch_norms.json"
}
