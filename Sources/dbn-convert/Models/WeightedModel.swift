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

  let weights: [Weights]
  private let model: Checkpoint.Model

  /// - Parameters:
  ///   - name: an architecture's, the path of a file with a graph, or `auto` for what the first of
  ///     the weights tell.
  ///   - paths: the checkpoints; none: the file called `name` has the weights too.
  ///   - options: how they are read.
  init(
    _ name: String, weights paths: [String], entry: EntryPath?, reading options: ReadingOptions
  ) throws(CheckpointError) {
    let weights = try (paths.isEmpty ? [name] : paths).map { path throws(CheckpointError) in
      try Weights(path, entry, options)
    }
    self.weights = weights
    model = try ModelSource.model(
      named: paths.isEmpty ? nil : name, weights: weights[0].stateDict,
      in: weights[0].checkpoint, from: weights[0].path)
  }

  var graph: Graph { model.graph }

  /// The tensors to run it with, for each of the checkpoints.
  var tensors: [StateDict] { weights.map { model.tensors(with: $0.stateDict) } }

  /// The graph as the first checkpoint's BatchNorms have it.
  var firstGraph: Graph { graph.applying(weights[0].checkpoint.batchNormSettings).graph }

  /// What a person should know about the files, a sentence each.
  var notes: [String] {
    let settings = weights.flatMap { weights in
      model.applying(weights.checkpoint.batchNormSettings, of: weights.path).notes
        .dropFirst(model.notes.count)
    }
    return model.notes + settings + weights.flatMap(\.checkpoint.notes)
  }

  /// What the files hold beside the state dicts that are used, a sentence for each file.
  var otherNetworks: [String] {
    weights.flatMap { weights in
      weights.checkpoint.notes(taking: weights.place, others: "not used").map { note in
        self.weights.count == 1 ? note : "\(weights.path): \(note)"
      }
    }
  }
}

extension WeightedModel.Weights {
  fileprivate init(
    _ path: String, _ entry: EntryPath?, _ options: ReadingOptions
  ) throws(CheckpointError) {
    self.path = path
    do throws(CheckpointError) {
      checkpoint = try Checkpoint.open(path, options: options)
      (place, stateDict) = try checkpoint.findStateDict(at: entry)
    } catch {
      throw error.with(path: path)
    }
  }
}
