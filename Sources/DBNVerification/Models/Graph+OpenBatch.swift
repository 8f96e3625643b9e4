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
  /// If it does not work as it is, shapes that begin with the number it was exported for
  /// (`x.view(2, -1)` for 2 samples) begin with that of the input instead.
  ///
  /// - Parameter stateDict: the model's tensors.
  func withOpenBatch(_ stateDict: StateDict) -> Graph {
    guard let batch = fixedBatch, let input = inputs.first else { return self }
    let parameters = Dictionary(
      stateDict.tensors.map { ($0.name, $0.tensor.shape) }, uniquingKeysWith: { $1 })
    let open = with(
      inputs: inputs.map {
        Input($0.name, shape: [nil] + $0.shape.dropFirst(), scalarType: $0.scalarType)
      })
    let following = open.with(
      nodes: nodes.map { $0.replacingBatch(batch, with: .dimension(0, of: input.name)) })
    return [open, following].first { $0.takesAnyBatch(parameters) } ?? self
  }

  /// Whether every output has as many samples as the inputs, for two numbers of samples.
  private func takesAnyBatch(_ parameters: [String: [Int]]) -> Bool {
    [3, 7].allSatisfy { samples in
      // An error means that a size in the graph depends on the batch.
      let sized = try? sized(for: drawnShapes(samples: samples), parameters: parameters)
      return outputs.allSatisfy { sized?.shapes[$0]?.first == samples }
    }
  }
}

extension Graph.Node {
  /// The node with another first size in the shape that it gives its operand, if that is the batch.
  fileprivate func replacingBatch(_ batch: Int, with size: Size) -> Graph.Node {
    func following(_ sizes: [Size]) -> [Size]? {
      sizes.first == .fixed(batch) ? [size] + sizes.dropFirst() : nil
    }
    var changed: Operation?
    switch operation.definition {
    case let reshape as Operation.Reshape: changed = following(reshape.sizes).map { .reshape($0) }
    case let expand as Operation.Expand: changed = following(expand.sizes).map { .expand($0) }
    default: break
    }
    return Graph.Node(name, changed ?? operation, operands, outputs: outputs)
  }
}

extension Graph.Input {
  /// Whether the model accepts only one size of the first dimension.
  var hasFixedBatch: Bool { shape.first.flatMap { $0 } != nil }
}
