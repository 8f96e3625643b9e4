import DBNTensors

/// A node of an exported program: an operation, its arguments by name, and the names of its
/// results.
///
/// Source: `Node` of `torch/_export/serde/schema.py`.
struct ProgramNode: Sendable {
  /// PyTorch's name for it; in older files the name of its first result.
  let name: String
  /// `torch.ops.aten.conv2d.default`, `_operator.mul`.
  let target: String
  let arguments: [(name: String, value: ProgramArgument)]
  let outputs: [ProgramArgument]
  /// The module that calls it, by its path in the state dict, and the module's class.
  let module: (path: String, type: String)?
  /// The class of the whole model.
  let root: String?

  init(_ json: JSON) throws(CheckpointError) {
    target = try json.text("target")
    arguments = try json.member("inputs").all { input throws(CheckpointError) in
      (try input.text("name"), try ProgramArgument(input.member("arg")))
    }
    outputs = try json.member("outputs").all { output throws(CheckpointError) in
      try ProgramArgument(output)
    }
    let names = outputs.flatMap(\.names)
    name = json["name"]?.string ?? names.first ?? target
    let stack = Self.modules(json["metadata"]?["nn_module_stack"]?.string ?? "")
    module = stack.last
    root = stack.first { $0.path.isEmpty }?.type
  }

  /// The modules that contain a node, outermost first, parsed from `key,path,class` entries that
  /// are separated by semicolons.
  private static func modules(_ text: String) -> [(path: String, type: String)] {
    text.split(separator: ";").compactMap { entry in
      let parts = entry.split(separator: ",", omittingEmptySubsequences: false)
      guard parts.count >= 3 else { return nil }
      return (String(parts[1]), String(parts[2]))
    }
  }
}

extension ProgramArgument {
  /// The names of the tensors, or of the size, that it refers to.
  var names: [String] {
    switch self {
    case .tensor(let name): [name]
    case .tensors(let names): names
    case .size(.name(let name)): [name]
    default: []
    }
  }
}
