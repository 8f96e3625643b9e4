package import DBNTensors

extension Operation {
  /// Operands: tensors that agree in all other dimensions. Empty one-dimensional tensors are
  /// skipped, as in PyTorch.
  public static func concatenate(dimension: Int) -> Operation {
    Operation(Concatenate(dimension: dimension))
  }

  /// `torch.cat`.
  package struct Concatenate: GraphOperation {
    package let dimension: Int

    package static var names: [String] { ["concatenate"] }

    init(dimension: Int) {
      self.dimension = dimension
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      dimension = try reader.int("dimension")
    }

    package var attributes: [JSON.Member] { [.init("dimension", .int(dimension))] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      _ = try operands.required(0)
      let shapes = try operands.all().filter { $0 != [0] }
      guard let first = shapes.first else { return (.concatenate(dimension: 0), [[0]]) }
      let axis = try first.dimension(dimension)
      guard
        shapes.allSatisfy({
          $0.count == first.count && $0.replacing(axis, with: first[axis]) == first
        })
      else { throw .shape("\(shapes) cannot be joined along dimension \(dimension)") }
      guard let size = shapes.map({ $0[axis] }).sum else {
        throw .shape("\(shapes) are too large to be joined")
      }
      return (.concatenate(dimension: axis), [first.replacing(axis, with: size)])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      [DenseArray.joined(operands.given, dimension, to: shapes[0])]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "cat": { importer, call throws(CheckpointError) in try importer.concatenation(&call) },
        "concat": { importer, call throws(CheckpointError) in try importer.concatenation(&call) },
        "concatenate": { importer, call throws(CheckpointError) in
          try importer.concatenation(&call)
        },
        "hstack": { importer, call throws(CheckpointError) in
          try importer.joined(&call, dimension: 1)
        },
        "vstack": { importer, call throws(CheckpointError) in
          try importer.joined(&call, dimension: 0)
        },
        "stack": { importer, call throws(CheckpointError) in try importer.stack(&call) },
      ]
    }
  }
}

extension GraphImporter {
  fileprivate mutating func concatenation(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    var operands: [Graph.Operand] = []
    for name in try call.tensors("tensors") { operands.append(try operand(of: name)) }
    return try result(.concatenate(dimension: call.int("dim", default: 0)), operands, call)
  }

  /// Reads `torch.hstack` and `torch.vstack`, which differ from `torch.cat` for vectors: side by side
  /// these are one, on top of each other rows.
  fileprivate mutating func joined(
    _ call: inout ProgramCall, dimension: Int
  ) throws(CheckpointError) -> [Result] {
    let names = try call.tensors("tensors")
    let ranks = try names.map { name throws(CheckpointError) in try meta(name).rank }
    let isOfVectors = ranks.allSatisfy { $0 == 1 }
    var operands: [Graph.Operand] = []
    for name in names {
      let part = try operand(of: name)
      let isRow = isOfVectors && dimension == 0
      operands.append(
        isRow ? try single(.unsqueeze(dimension: 0), [part], call.node.name + ".row") : part)
    }
    return try result(
      .concatenate(dimension: isOfVectors ? 0 : dimension), operands, call)
  }

  fileprivate mutating func stack(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    let dimension = try call.int("dim", default: 0)
    var operands: [Graph.Operand] = []
    for name in try call.tensors("tensors") {
      let part = try operand(of: name)
      operands.append(
        try single(.unsqueeze(dimension: dimension), [part], call.node.name + ".part"))
    }
    return try result(.concatenate(dimension: dimension), operands, call)
  }
}

extension [Int] {
  fileprivate var sum: Int? {
    var result = 0
    for size in self {
      let (sum, overflow) = result.addingReportingOverflow(size)
      if overflow { return nil }
      result = sum
    }
    return result
  }
}
