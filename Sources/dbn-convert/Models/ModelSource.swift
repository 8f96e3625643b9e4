import Models
import Tensors

/// A model as the command line names it: an architecture, or one that the weights tell.
enum ModelSource {
  /// The graph of a model.
  ///
  /// - Parameters:
  ///   - name: an architecture's; nil: what the weights are those of.
  ///   - path: the file that the weights are from.
  /// - Throws: `unknownModel`.
  static func graph(
    named name: String?, weights: StateDict, from path: String
  ) throws(CheckpointError) -> Graph {
    guard let name, name != automatic else { return try recognised(weights, from: path) }
    guard let architecture = Architecture.named(name) else {
      throw CheckpointError(
        .unknownModel, name: name, "no architecture has this name",
        advice: "'dbn-convert models' lists them")
    }
    let last = architecture().parameters.last.flatMap { weights[$0.key]?.shape.first }
    return architecture(classes: last ?? 1000)
  }

  /// The word for the model that the weights are those of.
  static let automatic = "auto"

  private static func recognised(
    _ weights: StateDict, from path: String
  ) throws(CheckpointError) -> Graph {
    guard let graph = Architecture.recognise(weights) else {
      throw CheckpointError(
        .unknownModel, path: path, "its tensors are not those of a known architecture",
        advice: "name the model; 'dbn-convert models' lists those known")
    }
    return graph
  }
}

extension CheckpointError.Code {
  /// No model of this name, or none that the tensors belong to.
  static let unknownModel = Self("unknown-model")
}
