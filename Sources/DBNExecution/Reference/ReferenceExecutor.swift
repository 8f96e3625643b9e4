import DBNBatchNorm
public import DBNModels
public import DBNTensors

/// Runs a graph in plain Swift, in Float64: the definition that faster engines are compared with.
///
/// Every output depends only on its own sample's inputs (except BatchNorm in training), summed in a
/// fixed order, whatever the batch size and the number of threads: results are bit-identical from
/// run to run.
public struct ReferenceExecutor: Executor {
  /// The graph that it runs.
  public let graph: Graph
  private let parameters: [String: DenseArray]
  private let options: ExecutionOptions
  /// The BatchNorms by module name, with their current running statistics.
  public private(set) var batchNorms: [String: BatchNormModule]

  /// Binds the graph to the tensors of a state dict, whose BatchNorms may be in any layout.
  ///
  /// - Throws: `missingOperand` for a missing tensor.
  public init(
    _ graph: Graph, _ stateDict: StateDict, options: ExecutionOptions = ExecutionOptions()
  ) throws(CheckpointError) {
    self.graph = graph
    self.options = options
    parameters = try Self.parameters(of: graph, in: stateDict)
    batchNorms = try graph.batchNorms(in: stateDict, layouts: options.layouts)
  }

  /// Runs one forward pass; see `Executor`.
  public mutating func run(
    _ inputs: [String: DenseArray], mode: ExecutionMode?
  ) throws(CheckpointError) -> [DenseArray] {
    var pass = try start(inputs, mode: mode)
    while try pass.next() != nil {}
    batchNorms = pass.batchNorms
    return try pass.outputs()
  }

  /// Starts a forward pass, node by node; see `Executor`.
  public func start(
    _ inputs: [String: DenseArray], mode: ExecutionMode?
  ) throws(CheckpointError) -> any ForwardPass {
    try ReferencePass(graph, parameters, batchNorms, inputs, mode, threads: options.threads)
  }

  private static func parameters(
    of graph: Graph, in stateDict: StateDict
  ) throws(CheckpointError) -> [String: DenseArray] {
    var parameters: [String: DenseArray] = [:]
    for node in graph.nodes {
      for case .parameter(let key) in node.operands where parameters[key] == nil {
        guard let tensor = stateDict[key] else {
          throw .noTensor(key, in: stateDict, neededBy: graph.name)
        }
        do throws(CheckpointError) {
          parameters[key] = try DenseArray(tensor)
        } catch {
          throw error.with(name: key)
        }
      }
    }
    return parameters
  }
}

extension Graph {
  /// The BatchNorms by module name, from the tensors of a state dict.
  ///
  /// - Parameter layouts: more layouts to recognise, tried before the known ones.
  /// - Throws: `missingOperand` and others for tensors that don't fit the model.
  func batchNorms(
    in stateDict: StateDict, layouts: [BatchNormLayout]
  ) throws(CheckpointError) -> [String: BatchNormModule] {
    var modules: [String: BatchNormModule] = [:]
    for node in nodes {
      guard let attributes = node.operation.batchNorm,
        modules[attributes.module] == nil
      else { continue }
      modules[attributes.module] = try BatchNormModule(
        attributes.norm, named: attributes.module, in: stateDict, layouts: layouts)
    }
    return modules
  }
}
