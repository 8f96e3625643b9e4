public import DBNTensors

/// A model saved by `torch.export.save`, as a graph.
///
/// A graph's values never change. In-place operations, including those on views, become operations
/// that make new values. A BatchNorm is one node, with the mode in which it was exported, which a
/// run can override. Dropout is omitted in both modes.
///
/// Source: `torch/_export/serde/schema.py`.
public struct ExportedProgram: Sendable {
  /// The program's computation.
  public let graph: Graph
  /// What the graph omits and the user should know, in one sentence each.
  public let notes: [Guidance]

  /// Reads the JSON of a program, `models/model.json` of a `.pt2` file.
  ///
  /// - Throws: `unsupportedOperation` for an unknown operation, with its node's name;
  ///   `invalidProgram`, `invalidJSON`, `limitExceeded`.
  public init(parsing json: JSON) throws(CheckpointError) {
    var importer = try GraphImporter(ProgramDocument(json))
    graph = try importer.graph()
    notes = importer.notes
    try graph.validate()
  }
}
