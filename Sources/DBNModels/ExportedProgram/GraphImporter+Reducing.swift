import DBNTensors

extension GraphImporter {
  static let reducingHandlers: [String: Handler] = [
    "mean": { importer, call throws(CheckpointError) in
      try importer.reduction(&call) { .mean(dimensions: $0, keepsDimensions: $1) }
    },
    "sum": { importer, call throws(CheckpointError) in
      try importer.reduction(&call) { .sum(dimensions: $0, keepsDimensions: $1) }
    },
    "softmax": { importer, call throws(CheckpointError) in
      try importer.softmax(&call) { .softmax(dimension: $0) }
    },
    "_softmax": { importer, call throws(CheckpointError) in
      try importer.softmax(&call) { .softmax(dimension: $0) }
    },
    "log_softmax": { importer, call throws(CheckpointError) in
      try importer.softmax(&call) { .logSoftmax(dimension: $0) }
    },
    "_log_softmax": { importer, call throws(CheckpointError) in
      try importer.softmax(&call) { .logSoftmax(dimension: $0) }
    },
  ]

  private mutating func reduction(
    _ call: inout ProgramCall, _ operation: ([Int], Bool) -> Operation
  ) throws(CheckpointError) -> [Result] {
    let dimensions = try call.ints("dim") ?? []
    let keeps = try call.bool("keepdim", default: false)
    call.ignore("dtype")
    return try result(operation(dimensions, keeps), of: call.tensor(), call)
  }

  private mutating func softmax(
    _ call: inout ProgramCall, _ operation: (Int) -> Operation
  ) throws(CheckpointError) -> [Result] {
    call.ignore("dtype", "half_to_float")
    return try result(operation(call.int("dim")), of: call.tensor(), call)
  }
}
