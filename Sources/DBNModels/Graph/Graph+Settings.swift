import DBNBatchNorm
public import DBNTensors

extension Graph {
  /// The graph with a checkpoint's epsilon and momentum for its BatchNorms: an architecture has
  /// PyTorch's defaults, while the checkpoint has the values it was trained with.
  ///
  /// - Returns: the graph, and the names of the BatchNorms whose values changed.
  public func applying(
    _ settings: BatchNormSettingsTable
  ) -> (graph: Graph, changed: [String]) {
    guard !settings.isEmpty else { return (self, []) }
    var changed: [String] = []
    let graph = mappingBatchNorms { attributes in
      let new = attributes.applying(settings.settings(ofModule: attributes.module))
      if new != attributes { changed.append(attributes.module) }
      attributes = new
    }
    return (graph, changed)
  }

  /// The graph with first-device BatchNorms of V devices; nil: unchanged.
  ///
  /// The tensors of a state dict take precedence, where they have a row for each device.
  package func stating(_ statement: BatchNormStatement.FirstDevice?) -> Graph {
    guard let statement else { return self }
    return mappingBatchNorms { attributes in
      attributes.norm.layout = .firstDevice
      attributes.norm.worldSize = statement.worldSize
      attributes.norm.accumulationSteps = statement.accumulationSteps
    }
  }

  /// The graph with other attributes of its BatchNorms.
  package func mappingBatchNorms(
    _ change: (inout Operation.BatchNormAttributes) -> Void
  ) -> Graph {
    let nodes = nodes.map { node in
      guard var attributes = node.operation.batchNorm else { return node }
      change(&attributes)
      return Node(node.name, .batchNorm(attributes), node.operands, outputs: node.outputs)
    }
    return with(nodes: nodes)
  }
}

extension BatchNormSettingsTable {
  /// The settings with the given values replacing the table's.
  package func overridden(by given: BatchNormSettings) -> BatchNormSettingsTable {
    var result = self
    for (name, known) in entries { result[name] = given.filled(from: known) }
    return result
  }
}

extension Graph {
  /// The graph with the given settings for all its BatchNorms.
  package func overridden(by given: BatchNormSettings) -> Graph {
    var table = BatchNormSettingsTable()
    for attributes in batchNorms { table[attributes.module] = given }
    return applying(table).graph
  }
}

extension Operation.BatchNormAttributes {
  fileprivate func applying(_ settings: BatchNormSettings) -> Self {
    var result = self
    result.norm.eps = settings.epsilon ?? norm.eps
    result.norm.momentum = settings.momentum.map(\.value) ?? norm.momentum
    return result
  }
}

extension Checkpoint.Model {
  /// The model with the epsilon and momentum of the checkpoint it will run with, and a note if the
  /// graph had other values.
  ///
  /// - Parameter path: the checkpoint's path.
  public func applying(_ settings: BatchNormSettingsTable, of path: String) -> Self {
    let (graph, changed) = graph.applying(settings)
    guard let first = changed.first else { return self }
    let note =
      "\(changed.count) BatchNorm\(changed.count == 1 ? "" : "s") of \(graph.name) run with the "
      + "settings of \(path) (\(first): \(settings.settings(ofModule: first))), not with the "
      + "model's"
    return Self(graph: graph, constants: constants, notes: notes + [Guidance(note)])
  }
}
