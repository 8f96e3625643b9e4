public import DBNTensors

/// What `torch.export.save` wrote of a model, as a graph.
///
/// A graph's values never change. In-place operations become operations that make new values, and so
/// do those on views, which change what they are views of. A BatchNorm is one node, whatever its
/// `training` flag was when the model was exported: whether it uses running statistics is for those who
/// run the graph to choose. Dropout is left out in both modes.
///
/// Source: `torch/_export/serde/schema.py`.
public struct ExportedProgram: Sendable {
  /// What the program computes.
  public let graph: Graph
  /// What the graph leaves out and a person should know, a sentence each.
  public let notes: [String]

  /// Reads the JSON of a program, `models/model.json` of a `.pt2` file.
  ///
  /// - Throws: `unsupportedOperation` for an operation that is not known, by its node's name;
  ///   `invalidProgram`, `invalidJSON`, `limitExceeded`.
  public init(parsing json: JSON) throws(CheckpointError) {
    var importer = try GraphImporter(ProgramDocument(json))
    graph = try importer.graph()
    notes = importer.notes
    try graph.validate()
  }
}
