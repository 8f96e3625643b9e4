import BatchNorm
import Execution
import Models
import Tensors

extension VerificationResult {
  /// Compares what the outputs are computed from: the parameters and running statistics of the
  /// BatchNorms, and every other tensor byte for byte.
  mutating func compareState(
    _ a: StateDict, _ b: StateDict, _ graph: Graph
  ) throws(CheckpointError) {
    let pairs = try BatchNormPair.matching(
      a, BatchNormSurvey(a, known: try graph.batchNorms(in: a)),
      b, BatchNormSurvey(b, known: try graph.batchNorms(in: b)), options: BatchNormModule.Options())
    for pair in pairs {
      let index = layers.firstIndex { $0.module == pair.name } ?? layers.endIndex
      if index == layers.endIndex { layers.append(Layer(pair)) }
      var comparison = LayerComparison(
        pair, layers[index], tolerance: NumberComparison.Tolerance())
      comparison.compareState()
      layers[index] = comparison.result
    }
    try compareOtherTensors(a, b, except: pairs, tolerance: NumberComparison.Tolerance())
  }

  /// Compares the tensors outside the BatchNorms: byte for byte, or within a tolerance, where they
  /// may be of different types.
  mutating func compareOtherTensors(
    _ a: StateDict, _ b: StateDict, except pairs: [BatchNormPair],
    tolerance: NumberComparison.Tolerance
  ) throws(CheckpointError) {
    let inBatchNorms = Set(pairs.flatMap(\.keys))
    for (name, tensor) in a.tensors where !inBatchNorms.contains(.string(name)) {
      otherTensors += 1
      guard let reason = try difference(name, tensor, b[name], tolerance) else { continue }
      differentTensors.append(.init(name, reason))
    }
    for (name, _) in b.tensors where !inBatchNorms.contains(.string(name)) && a[name] == nil {
      differentTensors.append(.init(name, "only in the second"))
    }
  }

  private func difference(
    _ name: String, _ a: Tensor, _ b: Tensor?, _ tolerance: NumberComparison.Tolerance
  ) throws(CheckpointError) -> String? {
    guard let b else { return "only in the first" }
    let haveNumbers = !tolerance.isExact && a.scalarType.isReal && b.scalarType.isReal
    guard a.shape == b.shape, haveNumbers || a.scalarType == b.scalarType else {
      return "\(a.scalarType.name) \(a.shape) and \(b.scalarType.name) \(b.shape)"
    }
    do throws(CheckpointError) {
      if a.scalarType == b.scalarType, try a.storage.hasEqualBytes(to: b.storage) { return nil }
      guard haveNumbers, let numbers = try a.comparison(with: b, tolerance: tolerance) else {
        return "values"
      }
      return numbers.isWithinTolerance ? nil : "values, up to \(numbers.maxAbsolute) apart"
    } catch {
      throw error.with(name: name)
    }
  }
}

extension Graph {
  /// What the BatchNorms of a state dict are, whose features the model knows.
  fileprivate func batchNorms(
    in stateDict: StateDict
  ) throws(CheckpointError) -> [String: BatchNormSurvey.Hint] {
    var known: [String: BatchNormSurvey.Hint] = [:]
    for node in nodes {
      guard case .batchNorm(let attributes) = node.operation,
        let site = try BatchNormSite.find(
          attributes.module, features: attributes.norm.numFeatures, in: stateDict)
      else { continue }
      known[site.name] = .init(site.layout, worldSize: site.worldSize, features: site.features)
    }
    return known
  }
}
