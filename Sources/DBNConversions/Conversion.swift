import DBNBatchNorm
import DBNCheckpoints
public import DBNTensors

/// A checkpoint that was opened to be converted.
///
/// ```swift
/// let conversion = try Conversion(opening: "in.pth")
/// try conversion.toDistributed(worldSize: 8).write(to: "out.h5", proof: .outputs())
/// ```
///
/// Every conversion gives a `ConversionResult`, which is written as often as needed. The opened
/// checkpoint stays as it is.
public struct Conversion: Sendable {
  /// The file.
  public let path: String
  /// The name of the format that the file is in: `hdf5`, `torch-zip`.
  public let format: String
  /// What the file holds.
  public let checkpoint: Checkpoint
  /// The entry that was chosen as the state dict; nil: the one that is found.
  public let entry: EntryPath?

  /// Opens a checkpoint of any known format.
  ///
  /// - Parameters:
  ///   - entry: where the state dict is; nil: the best one by the rule of `findStateDict`.
  ///   - options: what is read that is refused otherwise.
  /// - Throws: as `Checkpoint.open`.
  public init(
    opening path: String, entry: EntryPath? = nil, options: ReadingOptions = ReadingOptions()
  ) throws(CheckpointError) {
    let checkpoint = try Checkpoint.open(path, options: options)
    self.init(checkpoint, from: path, format: checkpoint.format ?? "", entry: entry)
  }

  /// Takes a checkpoint that is already open, or one that another conversion gave.
  ///
  /// - Parameters:
  ///   - path: the file that the history names as the source, and errors too.
  ///   - format: the name of that file's format.
  public init(
    _ checkpoint: Checkpoint, from path: String, format: String, entry: EntryPath? = nil
  ) {
    self.path = path
    self.format = format
    self.checkpoint = checkpoint
    self.entry = entry
  }

  /// Finds the state dict that is converted.
  ///
  /// - Throws: as `Checkpoint.findStateDict`, with the path of the file.
  public func findStateDict() throws(CheckpointError) -> (entry: EntryPath, stateDict: StateDict) {
    try naming { () throws(CheckpointError) in try checkpoint.findStateDict(at: entry) }
  }

  /// The result of `body`, whose errors are about this file.
  func naming<Value>(
    _ body: () throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Value {
    do throws(CheckpointError) {
      return try body()
    } catch {
      throw error.with(path: path)
    }
  }

  /// What the history of a result says: what was done, to which file, by which version. No path of
  /// the machine and no time, so that the same conversion gives the same bytes.
  func historyEntry(_ record: JSON) -> JSON {
    let source: JSON = [
      "file": .string(String(path.split(separator: "/").last ?? "")),
      "format": .string(format),
    ]
    let part = checkpoint.part.map { [JSON.Member("part", .string($0))] } ?? []
    return .object(
      (record.members ?? []) + part + [
        .init("source", source), .init("by", .string("dbn-convert \(Toolkit.version)")),
      ])
  }
}
