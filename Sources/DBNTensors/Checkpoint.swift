/// The content of a checkpoint file: a tree of values, and how it came to be.
public struct Checkpoint: Sendable {
  /// What the file holds; most often a dictionary.
  public var root: CheckpointValue
  /// The conversions that led here, oldest first, as the file records them.
  public var history: [JSON]
  /// What the reader could not carry over and a person should know, a sentence each.
  public var notes: [Guidance]

  /// The file or folder that it was read from, as it was named; nil for one that was made. What is
  /// made of a checkpoint keeps it.
  public package(set) var path: String?

  /// The name of the format that it was read in: `torch-zip`, `hdf5`; nil for one that was made.
  public package(set) var format: String?

  /// Why the file is only a part of a model, whose other tensors are in other files: "is part 1 of 2
  /// of a checkpoint, as its name says". nil: nothing says so.
  public var part: String?

  /// Why the values may not be those that were written last, although they can be read: the file
  /// says that its writer never finished. It is among the notes too.
  public var inconsistency: String?

  /// What the model does with the tensors, if the file says so: JSON that `Models` makes a graph of.
  ///
  /// It names the tensors of the state dict by their keys, and those under `constantsName`.
  public var graph: String?

  /// Epsilon and momentum of BatchNorms, where the file says them.
  public var batchNormSettings: BatchNormSettingsTable

  /// A checkpoint of these values, of no file and no format yet.
  public init(
    root: CheckpointValue, history: [JSON] = [], notes: [Guidance] = [], graph: String? = nil,
    batchNormSettings: BatchNormSettingsTable = BatchNormSettingsTable()
  ) {
    self.root = root
    self.history = history
    self.notes = notes
    self.graph = graph
    self.batchNormSettings = batchNormSettings
  }

  /// The entry of the root with the tensors that the graph uses and the state dict has not: what
  /// PyTorch keeps apart when it exports a model.
  public static let constantsName = "constants"
}
