public import DBNBatchNorm
import DBNCheckpoints
public import DBNModels
public import DBNTensors

extension Checkpoint.Model {
  /// The model of a name: an architecture, a file with a graph, or inferred from the weights.
  ///
  /// - Parameters:
  ///   - name: an architecture's, or the path of a file with a graph; nil or `automatic`: the graph
  ///     of the weights' file, or else the architecture inferred from the weights.
  ///   - weights: a state dict of the model.
  ///   - checkpoint: the content of the weights' file.
  ///   - layouts: custom layouts that its BatchNorms may be in.
  ///   - options: those of the weights, of which only the limits count for the file of the model.
  /// - Throws: `unknownModel`; errors in a graph.
  public init(
    named name: String? = nil, for weights: StateDict, in checkpoint: Checkpoint,
    from path: String, layouts: [BatchNormLayout] = [],
    reading options: ReadingOptions = ReadingOptions()
  ) throws(CheckpointError) {
    guard let name, name != Self.automatic else {
      if let model = try Self.carried(by: checkpoint, path) {
        self = model
      } else {
        self = try Self.recognised(weights, from: path, layouts)
      }
      return
    }
    if let architecture = Architecture.named(name) {
      self = architecture.model(for: weights)
      return
    }
    guard (try? FormatRegistry.standard.recognise(name)) != nil else {
      throw CheckpointError(
        .unknownModel, name: name, "no architecture or file has this name",
        advice: "\(.architectures) lists the architectures")
    }
    // A graph is complete, even if the tensors in its file are only a part.
    let file = try Checkpoint.open(name, options: options.besideTheModel)
    guard let model = try Self.carried(by: file, name) else {
      throw CheckpointError(
        .unknownModel, path: name, "the file contains no graph",
        advice: "give a file written by torch.export.save, or one converted from it")
    }
    self = model
  }

  /// - Throws: `unknownModel` if a model that should bring its weights is only an architecture.
  static func requireFile(_ name: String) throws(CheckpointError) {
    guard Architecture.named(name) != nil, FileIdentity(name) == nil else { return }
    throw CheckpointError(
      .unknownModel, name: name, "is an architecture, and no file with weights has this name",
      advice: "give its weights with \(.weights)")
  }

  /// The name that stands for the model inferred from the weights.
  public static let automatic = "auto"

  private static func carried(
    by checkpoint: Checkpoint, _ path: String
  ) throws(CheckpointError) -> Checkpoint.Model? {
    do throws(CheckpointError) {
      return try checkpoint.model()
    } catch {
      throw error.with(path: path)
    }
  }

  private static func recognised(
    _ weights: StateDict, from path: String, _ layouts: [BatchNormLayout]
  ) throws(CheckpointError) -> Checkpoint.Model {
    guard let model = Architecture.recognise(weights, layouts: layouts) else {
      throw CheckpointError(
        .unknownModel, path: path,
        "it contains no graph, and its tensors are not those of a known architecture",
        advice: "give its program, a file that torch.export.save wrote, or name an architecture; "
          + "\(.architectures) lists those that are known")
    }
    return model
  }
}

extension CheckpointError.Code {
  /// There is no model of this name, or none that the tensors fit.
  public static let unknownModel = Self("unknown-model")
}
