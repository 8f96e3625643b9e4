import Checkpoints
import Models
import Tensors

/// A model as the command line names it: an architecture, a file that carries a graph, or what the
/// weights tell.
enum ModelSource {
  /// The model.
  ///
  /// - Parameters:
  ///   - name: an architecture's, or the path of a file with a graph; nil: the graph of the file
  ///     that the weights are from, or else the architecture that they are those of.
  ///   - checkpoint: that file's content.
  /// - Throws: `unknownModel`; what is wrong with a graph.
  static func model(
    named name: String?, weights: StateDict, in checkpoint: Checkpoint, from path: String
  ) throws(CheckpointError) -> Checkpoint.Model {
    guard let name, name != automatic else {
      if let model = try model(in: checkpoint, path) { return model }
      return try recognised(weights, from: path)
    }
    if let architecture = Architecture.named(name) {
      let last = architecture().parameters.last.flatMap { weights[$0.key]?.shape.first }
      return Checkpoint.Model(graph: architecture(classes: last ?? 1000))
    }
    guard isFile(name) else {
      throw CheckpointError(
        .unknownModel, name: name, "no architecture has this name, and no file",
        advice: "'dbn-convert models' lists the architectures")
    }
    // A graph is whole, whatever tensors are beside it.
    let file = try Checkpoint.open(name, options: ReadingOptions(acceptsParts: true))
    guard let model = try model(in: file, name) else {
      throw CheckpointError(
        .unknownModel, path: name, "the file carries no graph",
        advice: "name a file of torch.export.save, or one converted from it")
    }
    return model
  }

  /// The word for the model that the weights are those of.
  static let automatic = "auto"

  private static func model(
    in checkpoint: Checkpoint, _ path: String
  ) throws(CheckpointError) -> Checkpoint.Model? {
    do throws(CheckpointError) {
      return try checkpoint.model()
    } catch {
      throw error.with(path: path)
    }
  }

  private static func isFile(_ path: String) -> Bool {
    (try? FormatRegistry.standard.recognise(path)) != nil
  }

  private static func recognised(
    _ weights: StateDict, from path: String
  ) throws(CheckpointError) -> Checkpoint.Model {
    guard let graph = Architecture.recognise(weights) else {
      throw CheckpointError(
        .unknownModel, path: path,
        "it carries no graph, and its tensors are not those of a known architecture",
        advice: "name the model; 'dbn-convert models' lists those known")
    }
    return Checkpoint.Model(graph: graph)
  }
}

extension CheckpointError.Code {
  /// No model of this name, or none that the tensors belong to.
  static let unknownModel = Self("unknown-model")
}
