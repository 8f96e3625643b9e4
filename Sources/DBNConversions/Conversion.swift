import DBNBatchNorm
import DBNCheckpoints
public import DBNTensors

/// A checkpoint opened for conversion.
///
/// ```swift
/// let conversion = try Conversion(opening: "in.pth")
/// try conversion.toDistributed(worldSize: 8).write(to: "out.h5", proof: .outputs())
/// ```
///
/// Every conversion returns a `ConversionResult`, which can be written any number of times. The
/// opened checkpoint does not change.
public struct Conversion: Sendable {
  /// The file.
  public let path: String
  /// The name of the format that the file is in: `hdf5`, `torch-zip`.
  public let format: String
  /// The content of the file.
  public let checkpoint: Checkpoint
  /// The entry chosen as the state dict; nil: found by the rule of `findStateDict`.
  public let entry: EntryPath?
  /// How the file was read.
  private(set) var readingOptions = ReadingOptions()
  /// Whether the rest of the file was left out before.
  private(set) var isStateDictOnly = false

  /// Opens a checkpoint of any known format.
  ///
  /// - Parameters:
  ///   - entry: the entry of the state dict; nil: the best by the rule of `findStateDict`.
  ///   - options: what to accept that is refused by default.
  /// - Throws: as `Checkpoint.open`.
  public init(
    opening path: String, entry: EntryPath? = nil, options: ReadingOptions = ReadingOptions()
  ) throws(CheckpointError) {
    let checkpoint = try Checkpoint.open(path, options: options)
    self.init(checkpoint, from: path, format: checkpoint.format ?? "", entry: entry)
    readingOptions = options
  }

  /// Uses a checkpoint that is already open, or that another conversion returned.
  ///
  /// - Parameters:
  ///   - path: the file that the history and errors name as the source.
  ///   - format: the name of that file's format.
  public init(
    _ checkpoint: Checkpoint, from path: String, format: String, entry: EntryPath? = nil
  ) {
    self.path = path
    self.format = format
    self.checkpoint = checkpoint
    self.entry = entry
  }

  /// The same file without all that is not its state dict: optimizer, epoch, opaque values. What is
  /// left out is named in the notes.
  ///
  /// - Throws: as `findStateDict`.
  public func reducedToStateDict() throws(CheckpointError) -> Conversion {
    let (place, all) = try findStateDict()
    let (stateDict, leftOut) = all.modelOnly
    let change = StateDictChange(entry: place, after: stateDict, standsAlone: true)
    var (reduced, _) = change.applied(to: checkpoint)
    reduced.notes += change.notes(in: checkpoint, isChosen: entry != nil)
    reduced.notes += StateDict.note(leavingOut: leftOut)
    var conversion = Conversion(reduced, from: path, format: format)
    conversion.isStateDictOnly = true
    conversion.readingOptions = readingOptions
    return conversion
  }

  /// Finds the state dict to convert.
  ///
  /// - Throws: as `Checkpoint.findStateDict`, with the path of the file.
  public func findStateDict() throws(CheckpointError) -> (entry: EntryPath, stateDict: StateDict) {
    try naming { () throws(CheckpointError) in try checkpoint.findStateDict(at: entry) }
  }

  /// The result of `body`; adds this file's path to its errors.
  func naming<Value>(
    _ body: () throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Value {
    do throws(CheckpointError) {
      return try body()
    } catch {
      throw error.with(path: path)
    }
  }

  /// The history entry of a result: what was done, to which file, by which version. Without
  /// directories and times, so that the same conversion gives the same bytes.
  func historyEntry(_ record: JSON) -> JSON {
    let source: JSON = [
      "file": .string(String(path.split(separator: "/").last ?? "")),
      "format": .string(format),
    ]
    let part = checkpoint.part.map { [JSON.Member("part", .string($0))] } ?? []
    let only = isStateDictOnly ? [JSON.Member("state_dict_only", true)] : []
    return .object(
      (record.members ?? []) + only + part + [
        .init("source", source), .init("by", .string("dbn-convert \(Toolkit.version)")),
      ])
  }
}
