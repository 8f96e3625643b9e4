package import DBNTensors

extension Operation {
  /// Merges the dimensions from `start` to `end` into one.
  public static func flatten(start: Int, end: Int) -> Operation {
    Operation(Flatten(start: start, end: end))
  }

  /// `torch.flatten`.
  package struct Flatten: Reshaping {
    let start: Int
    let end: Int

    package static var names: [String] { ["flatten"] }

    init(start: Int, end: Int) {
      self.start = start
      self.end = end
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(start: try reader.int("start"), end: try reader.int("end"))
    }

    package var attributes: [JSON.Member] {
      [.init("start", .int(start)), .init("end", .int(end))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      guard !input.isEmpty else { return (.reshape([1]), [[1]]) }
      let (first, last) = (try input.dimension(start), try input.dimension(end))
      guard first <= last, let middle = [Int](input[first...last]).product else {
        throw .shape("\(input) has no dimensions \(start) to \(end)")
      }
      let shape = Array(input[..<first] + [middle] + input[(last + 1)...])
      return (.flatten(start: first, end: last), [shape])
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "flatten": { importer, call throws(CheckpointError) in
          let (start, end) = (
            try call.int("start_dim", default: 0), try call.int("end_dim", default: -1)
          )
          return try importer.reshaped(&call, .flatten(start: start, end: end))
        },
        "ravel": { importer, call throws(CheckpointError) in
          try importer.reshaped(&call, .flatten(start: 0, end: -1))
        },
      ]
    }
  }
}
