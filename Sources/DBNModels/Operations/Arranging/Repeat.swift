package import DBNTensors

extension Operation {
  /// Repeats the whole tensor along each dimension; there may be more numbers than dimensions, then
  /// the first are of new ones.
  public static func repeated(_ counts: [Size]) -> Operation { Operation(Repeat(counts)) }

  /// `torch.Tensor.repeat`.
  package struct Repeat: StridedCopying {
    package let sizes: [Size]

    package static var names: [String] { ["repeat"] }

    init(_ counts: [Size]) {
      sizes = counts
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      sizes = try reader.sizes("counts")
    }

    package var attributes: [JSON.Member] { [.init("counts", .sizes(sizes))] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let (input, counts) = (try operands.required(0), try operands.numbers(sizes))
      guard counts.count >= input.count, counts.allSatisfy({ $0 >= 0 }) else {
        throw .shape("\(input) cannot be repeated \(counts) times")
      }
      let shape = try zip(counts, input.padded(to: counts.count)).map {
        count, size throws(CheckpointError) in
        guard let product = [count, size].product else {
          throw .shape("\(input) cannot be repeated \(counts) times")
        }
        return product
      }
      return (.repeated(counts.map { .fixed($0) }), [shape])
    }

    package func copies(of input: [Int], to shapes: [[Int]]) -> [StridedCopy] {
      // Without elements, there is no limit to the repetitions.
      if shapes[0].contains(0) { return [StridedCopy([0], strides: [1])] }
      let shape = input.padded(to: sizes.count)
      // Each dimension as two: the repetitions, which do not move in memory, and its own.
      let pairs = zip(sizes, shape).flatMap { [$0.number ?? 1, $1] }
      return [StridedCopy(pairs, strides: shape.strides.flatMap { [0, $0] })]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "repeat": { importer, call throws(CheckpointError) in
          let counts = try importer.sizes("repeats", &call).orProgramError("`repeats`")
          return try importer.result(.repeated(counts), of: call.tensor(), call)
        },
        "tile": { importer, call throws(CheckpointError) in
          let counts = try importer.sizes("dims", &call) ?? []
          let missing = try max(0, importer.meta(call.tensor()).rank - counts.count)
          return try importer.result(
            .repeated(Array(repeating: 1, count: missing) + counts), of: call.tensor(), call)
        },
        "repeat_interleave": { importer, call throws(CheckpointError) in
          try importer.interleaved(&call)
        },
      ]
    }
  }
}

extension [Int] {
  /// The shape with dimensions of size 1 before its own.
  fileprivate func padded(to rank: Int) -> [Int] {
    [Int](repeating: 1, count: rank - count) + self
  }
}

extension GraphImporter {
  /// Repeats each element along a dimension, or each of all elements.
  fileprivate mutating func interleaved(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    call.ignore("output_size")
    guard try meta(call.tensor()).rank > 0, !call.isTensor("repeats") else {
      throw call.unsupported("a tensor of counts")
    }
    let count = try sizes("repeats", &call).orProgramError("`repeats`")[0]
    var (input, rank) = (try operand(of: call.tensor()), try meta(call.tensor()).rank)
    var dimension = try call.ints("dim")?.first
    if dimension == nil {
      input = try single(.flatten(start: 0, end: -1), [input], call.node.name + ".flat")
      (dimension, rank) = (0, 1)
    }
    let axis = try dimensions([dimension ?? 0], rank)[0]
    let apart = try single(
      .unsqueeze(dimension: axis + 1), [input], call.node.name + ".apart")
    let counts = (0...rank).map { $0 == axis + 1 ? count : 1 }
    let repeated = try single(.repeated(counts), [apart], call.node.name + ".repeated")
    return try result(.flatten(start: axis, end: axis + 1), [repeated], call)
  }
}
