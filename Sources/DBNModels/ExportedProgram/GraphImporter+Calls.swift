import DBNTensors

/// Helpers for reading operations from calls of ATen.
extension GraphImporter {
  /// One handler for operations with several names.
  static func handlers(_ names: [String], _ handler: @escaping Handler) -> [String: Handler] {
    Dictionary(uniqueKeysWithValues: names.map { ($0, handler) })
  }

  /// A name and a handler for each number of spatial dimensions.
  static func handlers(
    ofRanks ranks: ClosedRange<Int>, _ name: (Int) -> String, _ handler: (Int) -> Handler
  ) -> [String: Handler] {
    Dictionary(uniqueKeysWithValues: ranks.map { (name($0), handler($0)) })
  }

  /// The name for a node: its module's, if that is one of PyTorch's own modules, which do one
  /// thing.
  static func name(of call: ProgramCall) -> String {
    guard let module = call.node.module, !module.path.isEmpty,
      module.type.hasPrefix("torch.nn.modules."),
      !module.type.hasPrefix("torch.nn.modules.container.")
    else { return call.node.name }
    return module.path
  }

  /// The result of an operation on existing operands.
  mutating func result(
    _ operation: Operation, _ operands: [Graph.Operand], _ call: ProgramCall
  ) throws(CheckpointError) -> [Result] {
    [.new(try single(operation, operands, Self.name(of: call)))]
  }

  /// The results of an operation that has several.
  mutating func results(
    _ operation: Operation, _ operands: [Graph.Operand], _ call: ProgramCall, count: Int
  ) throws(CheckpointError) -> [Result] {
    try add(operation, operands, name: Self.name(of: call), count: count).map { .new($0) }
  }

  /// The result of an operation on one tensor.
  mutating func result(
    _ operation: Operation, of tensor: String, _ call: ProgramCall
  ) throws(CheckpointError) -> [Result] {
    try result(operation, [operand(of: tensor)], call)
  }

  /// An operation on two tensors, or on a tensor and a number.
  mutating func pair(
    _ call: inout ProgramCall, _ operation: Operation, scalar: (Double) -> Operation
  ) throws(CheckpointError) -> [Result] {
    if let number = call.number("self") {
      let first = try single(.full([], number), [], call.node.name + ".number")
      return try result(operation, [first, operand(of: call.tensor("other"))], call)
    }
    let tensor = try call.tensor()
    if let number = call.number("other") { return try result(scalar(number), of: tensor, call) }
    return try result(
      operation, [operand(of: tensor), numberOrTensor("other", &call)], call)
  }

  /// A mean or a sum over the call's dimensions.
  mutating func reduction(
    _ call: inout ProgramCall, _ operation: ([Int], Bool) -> Operation
  ) throws(CheckpointError) -> [Result] {
    let dimensions = try call.ints("dim") ?? []
    let keeps = try call.bool("keepdim", default: false)
    call.ignore("dtype")
    return try result(operation(dimensions, keeps), of: call.tensor(), call)
  }

  mutating func optionalOperand(_ name: String?) throws(CheckpointError) -> Graph.Operand {
    guard let name else { return .none }
    return try operand(of: name)
  }

  func view(of name: String, _ operation: Operation) throws(CheckpointError) -> [Result] {
    [.view(of: name, TensorView(operation: operation, rank: try meta(name).rank))]
  }

  /// A view for each part of a tensor that is split.
  func parts(
    _ name: String, _ operation: Operation, _ call: ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let (count, rank) = (call.node.outputs.flatMap(\.names).count, try meta(name).rank)
    return (0..<count).map {
      .view(of: name, TensorView(operation: operation, part: $0, parts: count, rank: rank))
    }
  }

  /// The dimensions, counted from the front.
  func dimensions(_ dimensions: [Int], _ rank: Int) throws(CheckpointError) -> [Int] {
    try dimensions.map { dimension throws(CheckpointError) in
      let index = dimension < 0 ? dimension + rank : dimension
      guard 0..<rank ~= index else { throw .program("there is no dimension \(dimension)") }
      return index
    }
  }
}

extension ProgramCall {
  /// Ignores the arguments for where and how a new tensor is stored.
  mutating func ignoreTensorOptions() {
    ignore("dtype", "layout", "device", "pin_memory", "memory_format")
  }
}
