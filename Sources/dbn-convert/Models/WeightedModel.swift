import Checkpoints
import Models
import Tensors

/// A model and the checkpoints that it is run with.
struct WeightedModel {
  /// A checkpoint of the model.
  struct Weights {
    let path: String
    let checkpoint: Checkpoint
    /// Where in it the state dict is.
    let place: EntryPath
    let stateDict: StateDict
  }

  let graph: Graph
  let weights: [Weights]

  init(_ name: String, weights paths: [String], entry: EntryPath?) throws(CheckpointError) {
    weights = try (paths.isEmpty ? [name] : paths).map { path throws(CheckpointError) in
      try Weights(path, entry)
    }
    graph = try ModelSource.graph(
      named: paths.isEmpty ? nil : name, weights: weights[0].stateDict, from: weights[0].path)
  }

  /// The tensors to run it with, for each of the checkpoints.
  var tensors: [StateDict] { weights.map(\.stateDict) }

  /// What a person should know about the files, a sentence each.
  var notes: [String] { weights.flatMap(\.checkpoint.notes) }
}

extension WeightedModel.Weights {
  fileprivate init(_ path: String, _ entry: EntryPath?) throws(CheckpointError) {
    self.path = path
    do throws(CheckpointError) {
      checkpoint = try Checkpoint.open(path)
      (place, stateDict) = try checkpoint.findStateDict(at: entry)
    } catch {
      throw error.with(path: path)
    }
  }
}
