public import DBNCheckpointFormats
package import DBNHDF5
public import DBNTensors
import DBNZip

/// Archives of Keras 3, `model.keras`: the weights in HDF5 and the model's configuration.
///
/// Source: `keras/src/saving/saving_lib.py`.
public struct KerasArchiveFormat: CheckpointFormat {
  private static let weights = "model.weights.h5"
  private static let configuration = "config.json"
  private static let metadata = "metadata.json"

  /// A recognised archive.
  public struct Archive {
    fileprivate let zip: ZipArchive
  }

  /// `keras` in reports and JSON.
  public let name = "keras"

  /// Makes the format, for a registry.
  public init() {}

  /// Recognises a zip archive by the files that Keras puts into it.
  public func probe(_ file: SourceFile) -> Archive? {
    // Archives of PyTorch and NumPy, whose directories can be long, begin otherwise.
    guard let first = ZipArchive.firstName(file.bytes),
      [Self.metadata, Self.configuration, Self.weights].contains(first),
      let zip = try? ZipArchive(file.bytes), zip[Self.weights] != nil,
      zip[Self.configuration] != nil
    else { return nil }
    return Archive(zip: zip)
  }

  /// Reads the weights, with names, classes and epsilon of the configuration. Weights that are
  /// stored, as Keras does, are read in place; compressed ones go through a temporary file.
  ///
  /// - Throws: `checksumMismatch`; errors of `keras-hdf5` files.
  public func read(
    _ archive: consuming Archive, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try Self.reading(archive) { weights, configuration throws(CheckpointError) in
      try HDF5Checkpoint.readKeras(weights, configuration: configuration)
    }
  }

  /// The file that shows how weights are to be written for Keras.
  ///
  /// - Returns: nil if the file at the path is not such an archive.
  /// - Throws: as `read` and `KerasTemplate`.
  package func template(
    at path: String, limitFactor: Int
  ) throws(CheckpointError) -> KerasTemplate? {
    let file = try SourceFile(path)
    let budget = Budget(byteCount: file.bytes.count, factor: limitFactor)
    guard let archive = probe(file) else { return nil }
    do throws(CheckpointError) {
      return try budget.whileReading { () throws(CheckpointError) in
        try Self.reading(archive) { weights, configuration throws(CheckpointError) in
          try KerasTemplate(weights: weights, configuration: configuration)
        }
      }
    } catch {
      throw error.with(path: path)
    }
  }

  /// What `read` makes of the weights and the configuration.
  private static func reading<Result>(
    _ archive: Archive,
    _ read: (ByteRegion, ByteRegion?) throws(CheckpointError) -> Result
  ) throws(CheckpointError) -> Result {
    guard let weights = archive.zip[Self.weights] else {
      throw CheckpointError(.unknownFormat, "the archive has no \(Self.weights)")
    }
    do throws(CheckpointError) {
      return try read(bytes(of: weights), archive.zip[configuration]?.content())
    } catch {
      throw error.with(name: Self.weights)
    }
  }

  /// The bytes of a record, checked, in a mapped file.
  private static func bytes(of entry: ZipEntry) throws(CheckpointError) -> ByteRegion {
    let storage = entry.storage()
    guard entry.method == .deflated else {
      _ = try storage.crc32()
      return entry.payload
    }
    return try storage.unpacked()
  }
}
