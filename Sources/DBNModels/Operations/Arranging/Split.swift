package import DBNTensors

extension Operation {
  /// One output for each of the sizes.
  public static func split(sizes: [Int], dimension: Int) -> Operation {
    Operation(Split(parts: sizes, dimension: dimension))
  }

  /// `torch.split_with_sizes`.
  package struct Split: StridedCopying {
    package let parts: [Int]
    package let dimension: Int

    package static var names: [String] { ["split"] }

    init(parts: [Int], dimension: Int) {
      self.parts = parts
      self.dimension = dimension
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(parts: try reader.ints("sizes"), dimension: try reader.int("dimension"))
    }

    package var attributes: [JSON.Member] {
      [.init("sizes", .ints(parts)), .init("dimension", .int(dimension))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let axis = try input.dimension(dimension)
      guard parts.allSatisfy({ 0...input[axis] ~= $0 }), parts.reduce(0, &+) == input[axis]
      else { throw .shape("\(input) cannot be split into \(parts) along dimension \(dimension)") }
      return (
        .split(sizes: parts, dimension: axis), parts.map { input.replacing(axis, with: $0) }
      )
    }

    package func copies(of input: [Int], to shapes: [[Int]]) -> [StridedCopy] {
      let strides = input.strides
      var start = 0
      return zip(parts, shapes).map { size, shape in
        defer { start += size }
        return StridedCopy(shape, from: start * strides[dimension], strides: strides)
      }
    }

    package func restored(
      _ change: ViewChange, in importer: inout GraphImporter
    ) throws(CheckpointError) -> Graph.Operand {
      try importer.rejoined(change, dimension)
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "split": { importer, call throws(CheckpointError) in
          call.ignore("split_size")
          return try importer.split(&call)
        },
        "tensor_split": { importer, call throws(CheckpointError) in
          call.ignore("sections", "indices")
          return try importer.split(&call)
        },
        "unsafe_split": { importer, call throws(CheckpointError) in
          call.ignore("split_size")
          return try importer.split(&call)
        },
        "split_with_sizes": { importer, call throws(CheckpointError) in
          call.ignore("split_sizes")
          return try importer.split(&call)
        },
      ]
    }
  }
}

extension GraphImporter {
  /// The sizes of the parts are those of the results, which must be known at export.
  fileprivate func split(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    let name = try call.tensor()
    let dimension = try dimensions([call.int("dim", default: 0)], meta(name).rank)[0]
    let sizes = try call.node.outputs.flatMap(\.names).map { output throws(CheckpointError) in
      let shape = try meta(output).shape
      guard shape.indices.contains(dimension), let size = shape[dimension] else {
        throw call.unsupported("a split into parts whose sizes are not fixed")
      }
      return size
    }
    return try parts(name, .split(sizes: sizes, dimension: dimension), call)
  }

  /// A tensor that was split, after one of its parts got new elements.
  mutating func rejoined(
    _ change: ViewChange, _ dimension: Int
  ) throws(CheckpointError) -> Graph.Operand {
    let view = change.view
    var parts = try add(view.operation, [change.whole], name: change.name, count: view.parts)
    parts[view.part] = change.part
    return try single(.concatenate(dimension: dimension), parts, change.name)
  }
}
