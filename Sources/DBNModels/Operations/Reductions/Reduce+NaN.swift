import DBNTensors

/// Sums and means of what is a number.
extension Operation.Reduce {
  static let withoutNaN: [String: GraphImporter.Handler] = [
    "nansum": { importer, call throws(CheckpointError) in
      [.new(try importer.sumOfNumbers(&call, GraphImporter.name(of: call)).sum)]
    },
    "nanmean": { importer, call throws(CheckpointError) in
      let name = call.node.name
      let (sum, flags, operation) = try importer.sumOfNumbers(&call, name + ".sum")
      let others = try importer.single(.unary(.logicalNot), [flags], name + ".others")
      let count = try importer.single(operation, [others], name + ".count")
      return try importer.result(.divide, [sum, count], call)
    },
  ]
}

extension GraphImporter {
  /// The sum of what is a number, over the call's dimensions; where there is none; and the operation.
  fileprivate mutating func sumOfNumbers(
    _ call: inout ProgramCall, _ name: String
  ) throws(CheckpointError) -> (sum: Graph.Operand, flags: Graph.Operand, operation: Operation) {
    call.ignore("dtype")
    let operation = Operation.sum(
      dimensions: try call.ints("dim") ?? [],
      keepsDimensions: try call.bool("keepdim", default: false))
    let input = try operand(of: call.tensor())
    let flags = try single(.unary(.isNaN), [input], call.node.name + ".flags")
    let zero = try single(.full([], 0), [], call.node.name + ".zero")
    let numbers = try single(.choose, [flags, zero, input], call.node.name + ".numbers")
    return (try single(operation, [numbers], name), flags, operation)
  }
}
