/// The content of a checkpoint file: a tree of values, and where it came from.
public struct Checkpoint: Sendable {
  /// The whole tree; most often a dictionary.
  public var root: CheckpointValue
  /// The conversions that produced it, oldest first, as the file records them.
  public var history: [JSON]
  /// What the reader could not carry over and the user should know, one sentence each.
  public var notes: [Guidance]

  /// The file or folder that it was read from, as the caller named it; nil if it was made in
  /// memory. Checkpoints derived from it keep the path.
  public package(set) var path: String?

  /// The name of the format that it was read from: `torch-zip`, `hdf5`; nil if it was made in
  /// memory.
  public package(set) var format: String?

  /// Why the file is only a part of a model, whose other tensors are in other files: "is part 1 of
  /// 2 of a checkpoint, as its name says". nil if nothing indicates it.
  public var part: String?

  /// Why the values may be out of date although they can be read: the file is marked as one whose
  /// writer never finished. Also among the notes.
  public var inconsistency: String?

  /// The model's computation, if the file has it: JSON that `Models` turns into a graph.
  ///
  /// It refers to tensors by their keys in the state dict and under `constantsName`.
  public var graph: String?

  /// Whether the file had the model's computation in its end, which is missing.
  package var graphIsLost = false

  /// Epsilon and momentum of BatchNorms, where the file has them.
  public var batchNormSettings: BatchNormSettingsTable

  /// The modules of whole models in the file, which were read as state dicts. They are not written.
  public var modules: [ModuleDescription] = []

  /// Where the state dict is, if that was found before values were taken out: what is left would
  /// lead elsewhere, such as to a moving average that has lost fewer tensors. nil: to be searched.
  package var settledEntry: EntryPath?

  /// A checkpoint of these values, with no file and no format yet.
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

  /// The root's entry with the tensors that the graph uses and the state dict lacks: PyTorch's
  /// constants of an exported model.
  public static let constantsName = "constants"
}
