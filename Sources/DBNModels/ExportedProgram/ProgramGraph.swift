import DBNTensors

/// A graph of an exported program: the program's own, or one that a node calls.
///
/// Source: `Graph` of `torch/_export/serde/schema.py`.
struct ProgramGraph: Sendable {
  /// The names of its arguments; nil for what is neither a tensor nor a size.
  let inputs: [String?]
  let outputs: [String?]
  let nodes: [ProgramNode]
  /// What is known about its tensors, by name.
  let tensors: [String: ProgramTensorMeta]

  init(_ json: JSON) throws(CheckpointError) {
    inputs = try Self.names(json["inputs"])
    outputs = try Self.names(json["outputs"])
    tensors = try Self.tensors(json)
    let nodes = try json.member("nodes").array.orProgramError("the list of nodes")
    guard nodes.count <= Graph.nodeLimit else {
      throw CheckpointError(
        .limitExceeded, "the program has \(nodes.count) nodes, and the limit is \(Graph.nodeLimit)")
    }
    self.nodes = try nodes.map { node throws(CheckpointError) in
      do throws(CheckpointError) {
        return try ProgramNode(node)
      } catch {
        throw error.with(name: node["name"]?.string ?? node["target"]?.string)
      }
    }
  }

  private static func names(_ json: JSON?) throws(CheckpointError) -> [String?] {
    try (json?.array ?? []).map { argument throws(CheckpointError) in
      try ProgramArgument(argument).names.first
    }
  }

  private static func tensors(
    _ json: JSON
  ) throws(CheckpointError) -> [String: ProgramTensorMeta] {
    var tensors: [String: ProgramTensorMeta] = [:]
    for member in try json.member("tensor_values").members ?? [] {
      do throws(CheckpointError) {
        tensors[member.name] = try ProgramTensorMeta(member.value)
      } catch {
        throw error.with(name: member.name)
      }
    }
    return tensors
  }
}
