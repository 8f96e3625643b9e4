import DBNTensors

/// What a model's state file says about the weights that the ranks' optimizer files hold.
///
/// Source: `parse_model_states` in DeepSpeed's `zero_to_fp32.py`.
struct DeepSpeedModelState {
  typealias Shapes = [(name: String, shape: [Int])]

  /// The names and shapes of the weights in each flat group, in order.
  let groups: [Shapes]
  /// The weights that no optimizer has: not trained.
  let frozenShapes: Shapes
  let frozenParts: CheckpointDictionary
  /// The name of a weight, and the name that its values are stored under.
  let shared: [(name: String, stored: String)]
  let buffers: StateDict
  /// The whole state dict as the ranks hold it, without the values that they have parts of.
  let module: CheckpointDictionary

  init(_ root: CheckpointValue) throws(CheckpointError) {
    guard let root = root.dictionary, let module = root["module"]?.dictionary,
      let shapes = root["param_shapes"]
    else { throw Self.wrong("has no 'module' and 'param_shapes'") }
    groups = try (shapes.elements ?? [shapes]).map { group throws(CheckpointError) in
      try Self.shapes(group)
    }
    frozenShapes = try root["frozen_param_shapes"].map(Self.shapes) ?? []
    frozenParts = root["frozen_param_fragments"]?.dictionary ?? CheckpointDictionary()
    shared = (root["shared_params"]?.dictionary?.entries ?? []).compactMap { entry in
      guard let name = entry.key.string, case .string(let stored) = entry.value else { return nil }
      return (name, stored)
    }
    self.module = module
    var buffers = StateDict()
    for name in root["buffer_names"]?.elements ?? [] {
      guard case .string(let name) = name else {
        throw Self.wrong("'buffer_names' is no list of names")
      }
      if let buffer = module[name]?.tensor { buffers[name] = buffer }
    }
    self.buffers = buffers
  }

  /// Without a value for None, as in files of models without frozen weights.
  private static func shapes(_ value: CheckpointValue) throws(CheckpointError) -> Shapes {
    if case .none = value { return [] }
    guard let group = value.dictionary else { throw wrong("'param_shapes' is no list of mappings") }
    return try group.entries.map { entry throws(CheckpointError) in
      guard let name = entry.key.string, let shape = entry.value.shape else {
        throw wrong("'param_shapes' has something else than names and shapes")
      }
      return (name, shape)
    }
  }

  static func wrong(_ reason: String) -> CheckpointError {
    CheckpointError(
      .deepSpeed, "\(reason), as files of DeepSpeed's ZeRO have",
      advice: "combine the files with zero_to_fp32.py, which DeepSpeed saves with them")
  }
}

extension CheckpointValue {
  /// A `torch.Size`, tuple or list of sizes.
  fileprivate var shape: [Int]? {
    if case .size(let sizes) = self { return sizes.allSatisfy { $0 >= 0 } ? sizes : nil }
    guard let elements else { return nil }
    var sizes: [Int] = []
    for element in elements {
      guard case .int(let size) = element, size >= 0 else { return nil }
      sizes.append(size)
    }
    return sizes
  }
}
