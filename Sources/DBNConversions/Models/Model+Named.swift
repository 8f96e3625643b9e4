public import DBNBatchNorm
import DBNCheckpoints
public import DBNModels
public import DBNTensors

extension Checkpoint.Model {
  /// The model of a name: an architecture, a file that carries a graph, or what the weights tell.
  ///
  /// - Parameters:
  ///   - name: an architecture's, or the path of a file with a graph; nil or `automatic`: the graph of
  ///     the file that the weights are from, or else the architecture that they are those of.
  ///   - weights: a state dict of the model.
  ///   - checkpoint: the content of the file that they are from.
  ///   - layouts: more layouts that its BatchNorms may be in: a user's own.
  /// - Throws: `unknownModel`; what is wrong with a graph.
  public init(
    named name: String? = nil, for weights: StateDict, in checkpoint: Checkpoint,
    from path: String, layouts: [BatchNormLayout] = []
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
      let last = architecture().parameters.last.flatMap { weights[$0.key]?.shape.first }
      self.init(graph: architecture(classes: last ?? 1000))
      return
    }
    guard (try? FormatRegistry.standard.recognise(name)) != nil else {
      throw CheckpointError(
        .unknownModel, name: name, "no architecture has this name, and no file",
        advice: "\(.architectures) lists the architectures")
    }
    // A graph is whole, whatever tensors are beside it.
    let file = try Checkpoint.open(name, options: .besideTheModel)
    guard let model = try Self.carried(by: file, name) else {
      throw CheckpointError(
        .unknownModel, path: name, "the file carries no graph",
        advice: "name a file of torch.export.save, or one converted from it")
    }
    self = model
  }

  /// The word for the model that the weights are those of.
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
    guard let graph = Architecture.recognise(weights, layouts: layouts) else {
      throw CheckpointError(
        .unknownModel, path: path,
        "it carries no graph, and its tensors are not those of a known architecture",
        advice: "name the model; \(.architectures) lists those known")
    }
    return Checkpoint.Model(graph: graph)
  }
}

extension CheckpointError.Code {
  /// No model of this name, or none that the tensors belong to.
  public static let unknownModel = Self("unknown-model")
}
