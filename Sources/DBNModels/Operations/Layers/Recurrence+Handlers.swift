import DBNTensors

extension Operation.Recurrence {
  package static var handlers: [String: GraphImporter.Handler] {
    let cells: [(String, Cell)] = [
      ("lstm", .lstm), ("gru", .gru), ("rnn_tanh", .tanh), ("rnn_relu", .relu),
    ]
    let layers = cells.map { name, cell -> (String, GraphImporter.Handler) in
      (name, { importer, call throws(CheckpointError) in try importer.layers(of: cell, &call) })
    }
    let steps = cells.map { name, cell -> (String, GraphImporter.Handler) in
      (
        "\(name)_cell",
        { importer, call throws(CheckpointError) in try importer.step(of: cell, &call) }
      )
    }
    return Dictionary(uniqueKeysWithValues: layers + steps)
  }
}

extension GraphImporter {
  fileprivate mutating func layers(
    of cell: Operation.Recurrence.Cell, _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    if try call.bool("train", default: false) {
      noteDropout(try call.number("dropout", default: 0))
    }
    call.ignore("dropout")
    let weights = try call.tensors("params")
    var attributes = Operation.Recurrence(
      cell, layers: try call.int("num_layers"),
      isBidirectional: try call.bool("bidirectional", default: false),
      hasBiases: try call.bool("has_biases", default: true),
      isBatchFirst: try call.bool("batch_first", default: false))
    attributes.hasProjections = weights.count % 5 == 0 && cell == .lstm
    let states = cell == .lstm ? try call.tensors("hx") : [try call.tensor("hx")]
    let tensors = [try call.tensor("input")] + states + weights
    let operands = try tensors.map { name throws(CheckpointError) in try operand(of: name) }
    return try add(
      .recurrence(attributes), operands, name: Self.name(of: call), count: 1 + states.count
    ).map { .new($0) }
  }

  /// One step of one layer: a sequence of one element.
  fileprivate mutating func step(
    of cell: Operation.Recurrence.Cell, _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let name = Self.name(of: call)
    let states = cell == .lstm ? try call.tensors("hx") : [try call.tensor("hx")]
    var operands = try ([call.tensor("input")] + states).map { tensor throws(CheckpointError) in
      try single(.unsqueeze(dimension: 0), [operand(of: tensor)], "\(name).sequence")
    }
    let count = operands.count
    for parameter in ["w_ih", "w_hh", "b_ih", "b_hh"] {
      guard let tensor = try call.optionalTensor(parameter) else { continue }
      operands.append(try operand(of: tensor))
    }
    let attributes = Operation.Recurrence(cell, hasBiases: operands.count > count + 2)
    let outputs = try add(
      .recurrence(attributes), operands, name: name, count: 1 + states.count)
    return try outputs.dropFirst().map { output throws(CheckpointError) in
      .new(try single(.squeeze(dimensions: [0]), [output], "\(name).state"))
    }
  }
}
