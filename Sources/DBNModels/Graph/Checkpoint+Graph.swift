public import DBNTensors

extension Checkpoint {
  /// The model in the checkpoint: its computation, and the tensors that it needs besides the state
  /// dict.
  public struct Model: Sendable {
    /// The model's computation.
    public let graph: Graph
    /// The tensors outside the state dict, under the names that the graph's nodes use.
    public let constants: StateDict
    /// What the graph omits from the original model, in one sentence each.
    public let notes: [Guidance]

    /// Makes a model of a graph and the tensors that it needs in addition to a state dict.
    public init(graph: Graph, constants: StateDict = StateDict(), notes: [Guidance] = []) {
      self.graph = graph
      self.constants = constants
      self.notes = notes
    }

    /// The tensors that an engine needs: those of a state dict for this model, and the constants.
    public func tensors(with stateDict: StateDict) -> StateDict {
      var tensors = stateDict
      for (name, tensor) in constants.tensors where tensors[name] == nil { tensors[name] = tensor }
      return tensors
    }
  }

  /// The model, from the file's graph; nil if the file has none.
  ///
  /// - Throws: the same errors as `Graph.init(parsing:)`.
  public func model() throws(CheckpointError) -> Model? {
    guard let graph else { return nil }
    let json = try Graph.parsed(graph)
    let constants = root.dictionary?[Self.constantsName]?.dictionary.flatMap { StateDict($0) }
    guard json["format"]?.string == Graph.formatName else {
      let program = try ExportedProgram(parsing: json)
      return Model(
        graph: program.graph, constants: constants ?? StateDict(), notes: program.notes)
    }
    return Model(graph: try Graph(json), constants: constants ?? StateDict(), notes: [])
  }
}
