import DBNTensors

extension GraphImporter {
  static let poolingHandlers: [String: Handler] = [
    "max_pool1d": { importer, call throws(CheckpointError) in try importer.maxPool(&call, 1) },
    "max_pool2d": { importer, call throws(CheckpointError) in try importer.maxPool(&call, 2) },
    "max_pool3d": { importer, call throws(CheckpointError) in try importer.maxPool(&call, 3) },
    "max_pool2d_with_indices": { importer, call throws(CheckpointError) in
      try importer.maxPool(&call, 2) + [.missing(indices)]
    },
    "max_pool3d_with_indices": { importer, call throws(CheckpointError) in
      try importer.maxPool(&call, 3) + [.missing(indices)]
    },
    "avg_pool1d": { importer, call throws(CheckpointError) in
      try importer.averagePool(&call, 1)
    },
    "avg_pool2d": { importer, call throws(CheckpointError) in
      try importer.averagePool(&call, 2)
    },
    "avg_pool3d": { importer, call throws(CheckpointError) in
      try importer.averagePool(&call, 3)
    },
    "adaptive_avg_pool1d": { importer, call throws(CheckpointError) in
      try importer.adaptiveAveragePool(&call, 1)
    },
    "adaptive_avg_pool2d": { importer, call throws(CheckpointError) in
      try importer.adaptiveAveragePool(&call, 2)
    },
    "adaptive_avg_pool3d": { importer, call throws(CheckpointError) in
      try importer.adaptiveAveragePool(&call, 3)
    },
    "_adaptive_avg_pool2d": { importer, call throws(CheckpointError) in
      try importer.adaptiveAveragePool(&call, 2)
    },
    "_adaptive_avg_pool3d": { importer, call throws(CheckpointError) in
      try importer.adaptiveAveragePool(&call, 3)
    },
  ]

  private static let indices = "uses the places of largest elements, which the graph does not have"

  private func window(
    _ call: inout ProgramCall, _ rank: Int
  ) throws(CheckpointError) -> Operation.Pooling {
    let kernel = try call.ints("kernel_size", count: rank)
    let stride = try call.ints("stride")
    return Operation.Pooling(
      kernel: kernel,
      stride: stride.map { $0.count == 1 ? Array(repeating: $0[0], count: rank) : $0 } ?? kernel,
      padding: try call.ints("padding", count: rank, default: 0),
      usesCeiling: try call.bool("ceil_mode", default: false))
  }

  private mutating func maxPool(
    _ call: inout ProgramCall, _ rank: Int
  ) throws(CheckpointError) -> [Result] {
    var pooling = try window(&call, rank)
    pooling.dilation = try call.ints("dilation", count: rank, default: 1)
    return try result(.maxPool(pooling), of: call.tensor(), call)
  }

  private mutating func averagePool(
    _ call: inout ProgramCall, _ rank: Int
  ) throws(CheckpointError) -> [Result] {
    var pooling = try window(&call, rank)
    pooling.countsPadding = try call.bool("count_include_pad", default: true)
    pooling.divisor = call.number("divisor_override").flatMap { Int(exactly: $0) }
    return try result(.averagePool(pooling), of: call.tensor(), call)
  }

  private mutating func adaptiveAveragePool(
    _ call: inout ProgramCall, _ rank: Int
  ) throws(CheckpointError) -> [Result] {
    let sizes = try call.ints("output_size", count: rank)
    return try result(.adaptiveAveragePool(sizes), of: call.tensor(), call)
  }
}
