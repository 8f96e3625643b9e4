public import DBNTensors

extension Architecture {
  /// The graph of the architecture whose tensors these are, by their names and shapes alone, with
  /// as many classes as the last layer has.
  ///
  /// BatchNorm's buffers may have any shape: which layout they are in is not for the architecture
  /// to say. Tensors of version 1 state dicts, which lack counters, are recognised too.
  ///
  /// - Returns: nil if it is none of those known.
  public static func recognise(_ stateDict: StateDict) -> Graph? {
    for architecture in all {
      let graph = architecture()
      guard let last = graph.parameters.last, let classes = stateDict[last.key]?.shape.first,
        graph.parameters.allSatisfy({ $0.isIn(stateDict, classes: classes, of: graph) }),
        stateDict.tensors.count <= graph.parameters.count
      else { continue }
      return architecture(classes: classes)
    }
    return nil
  }
}

extension Graph.Parameter {
  fileprivate func isIn(_ stateDict: StateDict, classes: Int, of graph: Graph) -> Bool {
    let last = key.split(separator: ".").last
    if last == "num_batches_tracked" { return true }
    guard let tensor = stateDict[key] else { return false }
    if last == "running_mean" || last == "running_var" { return true }
    let isLastLayer = graph.parameters.suffix(2).contains(self)
    return tensor.shape == (isLastLayer ? [classes] + shape.dropFirst() : shape)
  }
}
