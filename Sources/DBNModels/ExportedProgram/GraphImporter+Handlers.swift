import DBNTensors

extension GraphImporter {
  /// How operations are read, by ATen's names.
  static let handlers: [String: Handler] = [
    layerHandlers, elementwiseHandlers, poolingHandlers, viewHandlers, arrangingHandlers,
    reducingHandlers,
  ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }

  /// What a node is called: by its module where that is one of PyTorch's own, which do one thing.
  static func name(of call: ProgramCall) -> String {
    guard let module = call.node.module, !module.path.isEmpty,
      module.type.hasPrefix("torch.nn.modules."),
      !module.type.hasPrefix("torch.nn.modules.container.")
    else { return call.node.name }
    return module.path
  }

  /// The result of an operation on operands that are there already.
  mutating func result(
    _ operation: Operation, _ operands: [Graph.Operand], _ call: ProgramCall
  ) throws(CheckpointError) -> [Result] {
    [.new(try single(operation, operands, Self.name(of: call)))]
  }

  /// The result of an operation on one tensor.
  mutating func result(
    _ operation: Operation, of tensor: String, _ call: ProgramCall
  ) throws(CheckpointError) -> [Result] {
    try result(operation, [operand(of: tensor)], call)
  }

  mutating func optionalOperand(_ name: String?) throws(CheckpointError) -> Graph.Operand {
    guard let name else { return .none }
    return try operand(of: name)
  }
}
