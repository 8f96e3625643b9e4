import DBNTensors

/// PyTorch's functions that rebuild tensors: `torch/_utils.py`, `torch/_tensor.py`.
extension PickleGlobal {
  /// `(storage, offset, size, stride)`, PyTorch 0.3 and older.
  static let rebuildTensor: Function = { machine, arguments throws(CheckpointError) in
    try arguments.check(4...4)
    return try tensor(arguments, &machine, type: nil, requiresGrad: false, metadata: nil)
  }

  /// `(storage, offset, size, stride, requires_grad, hooks[, metadata])`.
  static let rebuildTensorV2: Function = { machine, arguments throws(CheckpointError) in
    try arguments.check(6...7)
    return try tensor(
      arguments, &machine, type: nil, requiresGrad: arguments.bool(4, machine.heap),
      metadata: arguments.count > 6 ? arguments[6] : nil)
  }

  /// `(storage, offset, size, stride, requires_grad, hooks, dtype[, metadata])`.
  static let rebuildTensorV3: Function = { machine, arguments throws(CheckpointError) in
    try arguments.check(7...8)
    guard case .global(let index) = arguments[6],
      case .scalarType(let type) = machine.heap.globals[index].role
    else { throw arguments.wrong(6, "a dtype", machine.heap) }
    return try tensor(
      arguments, &machine, type: type, requiresGrad: arguments.bool(4, machine.heap),
      metadata: arguments.count > 7 ? arguments[7] : nil)
  }

  private static func tensor(
    _ arguments: PickleArguments, _ machine: inout PickleMachine, type: ScalarType?,
    requiresGrad: Bool, metadata: PickleValue?
  ) throws(CheckpointError) -> PickleValue {
    guard case .storage(let index) = arguments[0] else {
      throw arguments.wrong(0, "a storage", machine.heap)
    }
    let storage = machine.heap.storages[index]
    guard let scalarType = type ?? storage.type.scalarType else {
      throw arguments.wrong(0, "a storage with a type", machine.heap)
    }
    let start = try storage.start(for: scalarType)
    let (offset, overflow) = try arguments.int(1, machine.heap).addingReportingOverflow(start)
    let view = TensorView(
      record: storage.key, scalarType: scalarType, offset: overflow ? .max : offset,
      size: try arguments.ints(2, machine.heap), stride: try arguments.ints(3, machine.heap),
      isConjugate: try flag("conj", in: metadata, arguments, machine),
      isNegative: try flag("neg", in: metadata, arguments, machine))
    return try machine.tensor(view, in: storage, requiresGrad: requiresGrad)
  }

  private static func flag(
    _ name: String, in metadata: PickleValue?, _ arguments: PickleArguments,
    _ machine: PickleMachine
  ) throws(CheckpointError) -> Bool {
    guard let metadata, metadata != .none else { return false }
    guard let dictionary = machine.heap.dictionary(metadata) else {
      throw arguments.wrong(arguments.count - 1, "a dict", machine.heap)
    }
    for (key, _) in dictionary.entries {
      let property = machine.heap.text(key)
      guard property == "conj" || property == "neg" else {
        throw CheckpointError(
          .pickleArguments,
          "the tensor has the property '\(property ?? machine.heap.typeName(key))', which this "
            + "version cannot apply", advice: "save tensor.contiguous() instead")
      }
    }
    return machine.heap.entry(name, of: metadata) == .bool(true)
  }

  /// `(data, requires_grad, hooks)`.
  static let rebuildParameter: Function = { machine, arguments throws(CheckpointError) in
    try arguments.check(3...3)
    return try parameter(arguments, &machine)
  }

  /// `(data, requires_grad, hooks, state)`.
  static let rebuildParameterWithState: Function = { machine, arguments throws(CheckpointError) in
    try arguments.check(4...4)
    let parameter = try parameter(arguments, &machine)
    machine.dropAttributes(try machine.state(arguments[3]), of: parameter)
    return parameter
  }

  private static func parameter(
    _ arguments: PickleArguments, _ machine: inout PickleMachine
  ) throws(CheckpointError) -> PickleValue {
    let requiresGrad = try arguments.bool(1, machine.heap)
    // A parameter of a kind of tensor that can't be read can't be read either.
    if case .opaque = arguments[0] { return arguments[0] }
    guard
      let parameter = machine.retype(arguments[0], as: .parameter, requiresGrad: requiresGrad)
    else { throw arguments.wrong(0, "a tensor", machine.heap) }
    return parameter
  }

  /// `(function, type, arguments, state)`: a tensor of a subclass, or with attributes.
  static let rebuildFromType: Function = { machine, arguments throws(CheckpointError) in
    try arguments.check(4...4)
    if case .opaque(let index) = arguments[0] {
      let parts = try arguments.elements(2, machine.heap)
      let name = machine.heap.opaques[index].name
      try machine.charge(parts)
      return machine.heap.opaque(
        PickleOpaque(name: name, arguments: parts + [arguments[1]], state: arguments[3]))
    }
    // Only the functions above are accepted; this function, nested in itself, could recurse.
    guard case .global(let index) = arguments[0],
      case .callable(let function) = machine.heap.globals[index].role,
      machine.heap.globals[index].name.hasPrefix("torch._utils._rebuild_")
    else { throw arguments.wrong(0, "a function that rebuilds a tensor", machine.heap) }
    let elements = try arguments.elements(2, machine.heap)
    try machine.charge(elements)
    let inner = PickleArguments(of: machine.heap.globals[index].name, elements)
    let made = try function(&machine, inner)
    if case .opaque = made { return made }
    return try machine.typed(made, arguments)
  }
}

extension PickleMachine {
  /// The tensor of a view, as a value of the pickle.
  mutating func tensor(
    _ view: TensorView, in storage: TorchStorage, requiresGrad: Bool
  ) throws(CheckpointError) -> PickleValue {
    heap.leaf(.tensor(try tensors.tensor(view, in: storage, requiresGrad: requiresGrad)))
  }

  /// The tensor as the class passed to `_rebuild_from_type_v2`, with its attributes; a tensor of an
  /// unknown class is wrapped in an opaque value.
  fileprivate mutating func typed(
    _ made: PickleValue, _ arguments: PickleArguments
  ) throws(CheckpointError) -> PickleValue {
    if case .opaque(let index) = arguments[1] {
      let name = heap.opaques[index].name
      return heap.opaque(PickleOpaque(name: name, arguments: [made], state: arguments[3]))
    }
    guard case .global(let type) = arguments[1],
      case .tensorClass(let kind) = heap.globals[type].role
    else { throw arguments.wrong(1, "a class of tensors", heap) }
    let state = try state(arguments[3])
    let isBuffer = heap.entry(PickleName.BufferAttribute.isBuffer, of: state) == .bool(true)
    guard let tensor = retype(made, as: isBuffer ? .buffer : kind) else {
      throw arguments.wrong(0, "a function that rebuilds a tensor", heap)
    }
    dropAttributes(state, of: tensor)
    return tensor
  }

  /// The same tensor with another kind.
  fileprivate mutating func retype(
    _ value: PickleValue, as kind: Tensor.Kind, requiresGrad: Bool? = nil
  ) -> PickleValue? {
    guard case .leaf(let index) = value, var tensor = heap.leaves[index].tensor else { return nil }
    if kind != .tensor { tensor.kind = kind }
    tensor.requiresGrad = requiresGrad ?? tensor.requiresGrad
    tensors.droppedAttributes[heap.leaves.count] = tensors.droppedAttributes[index]
    return heap.leaf(.tensor(tensor))
  }

  /// Records which attributes of a tensor are dropped; dropping PyTorch's own is no loss.
  fileprivate mutating func dropAttributes(_ state: PickleValue?, of tensor: PickleValue) {
    guard case .leaf(let index) = tensor, let state, let entries = heap.dictionary(state)?.entries
    else { return }
    let names = entries.map { heap.key($0.key)?.description ?? heap.typeName($0.key) }
    typealias Known = PickleName.BufferAttribute
    tensors.droppedAttributes[index] = names.filter {
      ![Known.isBuffer, Known.persistent].contains($0)
    }
  }

  /// The attributes in an object's state: a dict, or a tuple of a dict and another one for slots.
  fileprivate mutating func state(_ value: PickleValue) throws(CheckpointError) -> PickleValue? {
    guard case .tuple(let index) = value, let first = heap.tuples[index].first else { return value }
    try charge([first])
    return first
  }
}
