/// An optimizer's state in a checkpoint, and the parameters it belongs to.
///
/// `torch.optim.Optimizer.state_dict()` refers to parameters by their position in
/// `model.parameters()`, torch.distributed's by their names. If the model's parameters have
/// changed, loading fails or gives a parameter the state of another.
public struct OptimizerState: Sendable {
  /// Where it is in the checkpoint.
  public let entry: EntryPath
  /// The number of parameters that its groups list; nil if its form is unknown.
  public let parameterCount: Int?
  /// The names by which it refers to parameters instead of positions. `param_names` do not count:
  /// PyTorch does not load by them.
  let names: [String]
  /// For each shape, how many state tensors of the parameter's own shape there are.
  let shapes: [[Int]: Int]
}

extension Checkpoint {
  /// The optimizer states in the checkpoint, in file order.
  public var optimizerStates: [OptimizerState] {
    var search = OptimizerSearch()
    _ = search.visit(root, key: nil)
    return search.found
  }
}

/// Recurses at most `CheckpointLimits.depth` levels, which every reader enforces.
private struct OptimizerSearch {
  var found: [OptimizerState] = []
  private var path = EntryPath()

  /// - Returns: whether there is a tensor in the value.
  mutating func visit(_ value: CheckpointValue, key: CheckpointDictionary.Key?) -> Bool {
    if value.tensor != nil { return true }
    guard value.isContainer else { return false }
    if let dictionary = value.dictionary, let state = OptimizerState(dictionary, at: path) {
      found.append(state)
      return true
    }
    let known = found.count
    var hasTensor = false
    func visit(_ search: inout Self, _ key: CheckpointDictionary.Key, _ child: CheckpointValue) {
      search.path.keys.append(key)
      if search.visit(child, key: key) { hasTensor = true }
      search.path.keys.removeLast()
    }
    if let dictionary = value.dictionary {
      for entry in dictionary.entries { visit(&self, entry.key, entry.value) }
    } else if let elements = value.elements {
      for (index, element) in elements.enumerated() { visit(&self, .int(index), element) }
    }
    if hasTensor && found.count == known, TrainingState(value, under: key) == .optimizer {
      found.append(OptimizerState(entry: path, parameterCount: nil, names: [], shapes: [:]))
    }
    return hasTensor
  }
}

extension OptimizerState {
  /// - Returns: nil unless it has `state` and `param_groups`.
  fileprivate init?(_ dictionary: CheckpointDictionary, at entry: EntryPath) {
    guard let state = dictionary["state"], state.isContainer,
      let groups = dictionary["param_groups"], groups.isContainer
    else { return nil }
    var (count, names, shapes) = (0, [String](), [[Int]: Int]())
    for group in groups.children {
      let parameters = group.value.dictionary?["params"]?.children ?? []
      count += parameters.count
      for name in parameters {
        if case .string(let name) = name.value { names.append(name) }
      }
    }
    for (_, moments) in state.children {
      let moment = Self.fullMoments.firstNonNil { moments.dictionary?[.string($0)]?.tensor }
      if let moment { shapes[moment.shape, default: 0] += 1 }
    }
    self.init(entry: entry, parameterCount: count, names: names, shapes: shapes)
  }

  /// The state that PyTorch's optimizers keep in the shape of the parameter.
  private static let fullMoments = [
    "exp_avg", "momentum_buffer", "square_avg", "sum", "prev", "ax", "exp_inf",
  ]
}

extension Array {
  fileprivate func firstNonNil<Result>(_ transform: (Element) -> Result?) -> Result? {
    for element in self { if let result = transform(element) { return result } }
    return nil
  }
}
