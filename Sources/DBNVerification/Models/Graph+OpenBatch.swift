import DBNExecution
import DBNModels
import DBNTensors

/// Programs that were exported for one number of samples.
extension Graph {
  /// The number of samples that all inputs require; nil if the model leaves it open.
  var fixedBatch: Int? {
    guard let batch = inputs.first?.shape.first, let batch else { return nil }
    return inputs.allSatisfy { $0.shape.first == batch } ? batch : nil
  }

  /// The graph for any number of samples, if it was exported for one number and works for others:
  /// then every output has as many samples as the inputs. Otherwise the unchanged graph.
  ///
  /// - Parameter stateDict: the model's tensors.
  func withOpenBatch(_ stateDict: StateDict) -> Graph {
    guard fixedBatch != nil else { return self }
    let open = with(
      inputs: inputs.map {
        Input($0.name, shape: [nil] + $0.shape.dropFirst(), scalarType: $0.scalarType)
      })
    let parameters = Dictionary(
      stateDict.tensors.map { ($0.name, $0.tensor.shape) }, uniquingKeysWith: { $1 })
    let isOpen = [3, 7].allSatisfy { samples in
      // An error means that a size in the graph depends on the batch.
      let sized = try? open.sized(
        for: open.drawnShapes(samples: samples), parameters: parameters)
      return outputs.allSatisfy { sized?.shapes[$0]?.first == samples }
    }
    return isOpen ? open : self
  }
}

extension Graph.Input {
  /// Whether the model accepts only one size of the first dimension.
  var hasFixedBatch: Bool { shape.first.flatMap { $0 } != nil }
}
