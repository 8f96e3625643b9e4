public import DBNTensors

extension Checkpoint {
  /// The model that the checkpoint carries: what to compute, and the tensors for it that are not in
  /// the state dict.
  public struct Model: Sendable {
    /// What the model computes.
    public let graph: Graph
    /// By the names that the graph's nodes use.
    public let constants: StateDict
    /// What the graph leaves out of what the model did, a sentence each.
    public let notes: [String]

    /// Makes a model of a graph and the tensors that it needs beside a state dict.
    public init(graph: Graph, constants: StateDict = StateDict(), notes: [String] = []) {
      self.graph = graph
      self.constants = constants
      self.notes = notes
    }

    /// The tensors that an engine needs: those of a state dict of this model, and the constants.
    public func tensors(with stateDict: StateDict) -> StateDict {
      var tensors = stateDict
      for (name, tensor) in constants.tensors where tensors[name] == nil { tensors[name] = tensor }
      return tensors
    }
  }

  /// The model, from the graph that the file carries; nil where it carries none.
  ///
  /// - Throws: as `Graph.init(parsing:)`.
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
