import DBNTensors

extension Operation {
  /// Operand: a tensor, of which only the shape is used. Every element of the result is the number.
  public static func fill(_ number: Double) -> Operation { Operation(Fill(number)) }

  /// `torch.full_like`.
  package struct Fill: ScalarOperation {
    package let number: Double

    package static var names: [String] { ["fill"] }

    package init(_ number: Double) {
      self.number = number
    }

    package func value(_ element: Double) -> Double { number }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "fill": { importer, call throws(CheckpointError) in
          guard let value = call.number("value") else {
            throw call.unsupported("a value that is a tensor")
          }
          return try importer.result(.fill(value), of: call.tensor(), call)
        },
        "zero": { importer, call throws(CheckpointError) in
          try importer.result(.fill(0), of: call.tensor(), call)
        },
        "zeros_like": { importer, call throws(CheckpointError) in
          call.ignoreTensorOptions()
          return try importer.result(.fill(0), of: call.tensor(), call)
        },
        "ones_like": { importer, call throws(CheckpointError) in
          call.ignoreTensorOptions()
          return try importer.result(.fill(1), of: call.tensor(), call)
        },
        "full_like": { importer, call throws(CheckpointError) in
          call.ignoreTensorOptions()
          let value = try call.number("fill_value", default: 0)
          return try importer.result(.fill(value), of: call.tensor(), call)
        },
      ]
    }
  }
}
