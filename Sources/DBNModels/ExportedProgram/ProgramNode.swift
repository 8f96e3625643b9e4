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
  private(set) var arguments: [(name: String, value: ProgramArgument)]
  private(set) var outputs: [ProgramArgument]
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

  /// The node with other names of tensors and sizes.
  func renamed(_ rename: (String) -> String) -> ProgramNode {
    var node = self
    node.arguments = arguments.map { ($0.name, $0.value.renamed(rename)) }
    node.outputs = outputs.map { $0.renamed(rename) }
    return node
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

  /// The argument with other names of tensors and sizes.
  fileprivate func renamed(_ rename: (String) -> String) -> ProgramArgument {
    switch self {
    case .tensor(let name): .tensor(rename(name))
    case .tensors(let names): .tensors(names.map(rename))
    case .optionalTensors(let names): .optionalTensors(names.map { $0.map(rename) })
    case .size(let size): .size(size.renamed(rename))
    case .sizes(let sizes): .sizes(sizes.map { $0.renamed(rename) })
    default: self
    }
  }
}

extension ProgramArgument.ProgramSize {
  fileprivate func renamed(_ rename: (String) -> String) -> Self {
    if case .name(let name) = self { .name(rename(name)) } else { self }
  }
}
