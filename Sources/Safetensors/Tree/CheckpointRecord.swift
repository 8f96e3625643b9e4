internal import Tensors

/// What a safetensors file of this toolkit records beside the tensors: the tree of values, in which
/// `{"$tensor": name}` stands for each tensor, the history, and the model's operations as text.
struct CheckpointRecord {
  static let version = 1

  private enum Member {
    static let version = "version"
    static let root = "root"
    static let history = "history"
    static let graph = "graph"
    static let kind = "kind"
    static let requiresGrad = "requires_grad"
  }

  let json: JSON

  /// - Parameter names: what each tensor of the tree is called in the file.
  init(_ checkpoint: Checkpoint, names: [TiedTensor: String]) throws(CheckpointError) {
    let format = TaggedJSON(
      json: { tensor, name throws(CheckpointError) in
        Self.reference(to: names[TiedTensor(tensor)] ?? name, tensor)
      },
      tensor: { _, name throws(CheckpointError) in throw Self.invalid(name) },
      invalid: Self.invalid)
    let root = try format.json(checkpoint.root, name: "")
    var members = [JSON.Member(Member.version, .int(Self.version)), JSON.Member(Member.root, root)]
    if !checkpoint.history.isEmpty {
      members.append(JSON.Member(Member.history, .array(checkpoint.history)))
    }
    if let graph = checkpoint.graph {
      members.append(JSON.Member(Member.graph, .string(graph)))
    }
    json = .object(members)
  }

  init(_ text: String) throws(CheckpointError) {
    json = try JSON(parsing: text)
    guard let version = json[Member.version]?.int else { throw Self.invalid(nil) }
    guard version == Self.version else {
      throw CheckpointError(
        .safetensorsRecordVersion, name: SafetensorsContent.recordName,
        "the file's record is of version \(version), which is not known here",
        advice: "read it with a newer release of dbn-convert")
    }
  }

  /// The checkpoint with the file's tensors in their places.
  ///
  /// - Throws: `disagreement` unless each of the tensors has a place, and each place its tensor.
  func checkpoint(of tensors: CheckpointDictionary) throws(CheckpointError) -> Checkpoint {
    var used = Set<CheckpointDictionary.Key>()
    let format = TaggedJSON(
      json: { _, name throws(CheckpointError) in throw Self.invalid(name) },
      tensor: { json, _ throws(CheckpointError) in
        let (name, tensor) = try Self.tensor(json, in: tensors)
        used.insert(name)
        return tensor
      }, invalid: Self.invalid)
    guard let root = json[Member.root] else { throw Self.invalid(nil) }
    let value = try format.value(root, name: SafetensorsContent.recordName)
    if let extra = tensors.entries.first(where: { !used.contains($0.key) }) {
      throw Self.disagreement(
        "the tensor '\(extra.key.description.visible())' is not in the record")
    }
    guard let history = (json[Member.history] ?? []).array else { throw Self.invalid(nil) }
    let graph = json[Member.graph]
    guard graph == nil || graph?.string != nil else { throw Self.invalid(nil) }
    return Checkpoint(root: value, history: history, graph: graph?.string)
  }

  private static func reference(to name: String, _ tensor: Tensor) -> JSON {
    var members = [JSON.Member(TaggedJSON.tensorTag, .string(name))]
    if tensor.kind != .tensor {
      members.append(JSON.Member(Member.kind, .string(tensor.kind.rawValue)))
    }
    if tensor.requiresGrad { members.append(JSON.Member(Member.requiresGrad, true)) }
    return .object(members)
  }

  private static func tensor(
    _ json: JSON, in tensors: CheckpointDictionary
  ) throws(CheckpointError) -> (name: CheckpointDictionary.Key, tensor: Tensor) {
    guard let name = json[TaggedJSON.tensorTag]?.string else { throw invalid(nil) }
    guard var tensor = tensors[name]?.tensor else {
      throw disagreement("the tensor '\(name.visible())' of the record is not in the file")
    }
    for member in json.members?.dropFirst() ?? [] {
      switch (member.name, member.value) {
      case (Member.kind, .string(let text)):
        guard let kind = Tensor.Kind(rawValue: text) else { throw invalid(name) }
        tensor.kind = kind
      case (Member.requiresGrad, .bool(let flag)): tensor.requiresGrad = flag
      default: throw invalid(name)
      }
    }
    return (.string(name), tensor)
  }

  private static func disagreement(_ reason: String) -> CheckpointError {
    CheckpointError(.disagreement, reason)
  }

  private static func invalid(_ name: String?) -> CheckpointError {
    CheckpointError(
      .safetensorsRecord, name: name ?? SafetensorsContent.recordName,
      "the record of the checkpoint in the file's metadata is not as it is written",
      advice: "remove '\(SafetensorsContent.recordName)' from the metadata to read only the tensors"
    )
  }
}
