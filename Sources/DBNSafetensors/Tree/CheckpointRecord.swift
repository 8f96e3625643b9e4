internal import DBNTensors

/// The record that this toolkit adds to a safetensors file: the tree of values, in which
/// `{"$tensor": name}` stands for each tensor, the history, the model's operations as text, and
/// BatchNorm settings.
struct CheckpointRecord {
  static let version = 1

  enum Member {
    static let version = "version"
    static let root = "root"
    static let history = "history"
    static let graph = "graph"
    static let batchNorms = "batch_norms"
    static let kind = "kind"
    static let requiresGrad = "requires_grad"
  }

  private let checkpoint: Checkpoint
  private let names: TensorNames

  /// - Parameter names: the name of each tensor in the file.
  init(_ checkpoint: Checkpoint, names: TensorNames) {
    self.checkpoint = checkpoint
    self.names = names
  }

  /// Writes the record directly from the tree: for very many tensors it is the larger part of a
  /// header.
  func write(to text: inout JSONWriter) throws(CheckpointError) {
    text.put("{")
    text.write(name: Member.version)
    text.write(.int(Self.version))
    text.put(", ")
    text.write(name: Member.root)
    try format.write(checkpoint.root, to: &text) { "" }
    if !checkpoint.history.isEmpty {
      text.put(", ")
      text.write(name: Member.history)
      text.write(.array(checkpoint.history))
    }
    if let graph = checkpoint.graph {
      text.put(", ")
      text.write(name: Member.graph)
      text.write(graph)
    }
    if !checkpoint.batchNormSettings.isEmpty {
      text.put(", ")
      text.write(name: Member.batchNorms)
      text.write(checkpoint.batchNormSettings.json)
    }
    text.put("}")
  }

  private var format: TaggedJSON {
    TaggedJSON(
      json: { tensor, name throws(CheckpointError) in
        Self.reference(to: names.name(of: tensor) ?? name, tensor)
      },
      tensor: { _, name throws(CheckpointError) in throw Self.invalid(name) },
      invalid: Self.invalid)
  }

  private static func reference(to name: String, _ tensor: Tensor) -> JSON {
    var members = [JSON.Member(TaggedJSON.tensorTag, .string(name))]
    if tensor.kind != .tensor {
      members.append(JSON.Member(Member.kind, .string(tensor.kind.rawValue)))
    }
    if tensor.requiresGrad { members.append(JSON.Member(Member.requiresGrad, true)) }
    return .object(members)
  }

  static func invalid(_ name: String?) -> CheckpointError {
    CheckpointError(
      .safetensorsRecord, name: name ?? SafetensorsContent.recordName,
      "the record that dbn-convert wrote into the file's metadata is damaged or was edited",
      advice: "remove '\(SafetensorsContent.recordName)' from the metadata to read only the tensors"
    )
  }
}
