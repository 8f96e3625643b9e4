package import DBNTensors

extension Operation {
  /// Two outputs: the elements of each line along a dimension in order, and their indices in the
  /// line. Equal elements keep their order; NaN counts as the largest number.
  public static func sort(dimension: Int, descending: Bool) -> Operation {
    Operation(Sort(dimension: dimension, descending: descending))
  }

  /// `torch.sort`; `torch.topk` is its first elements.
  package struct Sort: GraphOperation {
    let dimension: Int
    let descending: Bool

    package static var names: [String] { ["sort"] }

    init(dimension: Int, descending: Bool) {
      self.dimension = dimension
      self.descending = descending
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(
        dimension: try reader.int("dimension"), descending: try reader.bool("descending"))
    }

    package var attributes: [JSON.Member] {
      [.init("dimension", .int(dimension)), .init("descending", .bool(descending))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      return (
        .sort(dimension: try input.dimension(dimension), descending: descending), [input, input]
      )
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let input = try operands.required(0)
      let indices = input.indices(along: dimension, to: input.shape) {
        $0.sortedIndices(descending: descending)
      }
      let values = input.gathered(
        indices.values.map { Int($0) }, input.shape, along: dimension)
      return [values, indices]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "sort": { importer, call throws(CheckpointError) in try importer.sorted(&call) },
        "argsort": { importer, call throws(CheckpointError) in [try importer.sorted(&call)[1]] },
        "kthvalue": { importer, call throws(CheckpointError) in try importer.kthValue(&call) },
        "topk": { importer, call throws(CheckpointError) in
          call.ignore("sorted")
          let descending = try call.bool("largest", default: true)
          let count = try importer.sizes("k", &call).orProgramError("`k`")[0]
          return try importer.firstSorted(count, &call, descending: descending)
        },
      ]
    }
  }
}

extension UnsafeBufferPointer<Double> {
  /// The indices of the numbers in order; equal numbers keep theirs, and NaN is the largest.
  func sortedIndices(descending: Bool) -> [Int] {
    func precedes(_ left: Int, _ right: Int) -> Bool {
      let (first, second) = descending ? (right, left) : (left, right)
      let (x, y) = (self[first], self[second])
      if x < y { return true }
      if y.isNaN && !x.isNaN { return true }
      return x == y || (x.isNaN && y.isNaN) ? left < right : false
    }
    return indices.sorted(by: precedes)
  }
}

extension GraphImporter {
  fileprivate mutating func sorted(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    call.ignore("stable")
    let operation = Operation.sort(
      dimension: try call.int("dim", default: -1),
      descending: try call.bool("descending", default: false))
    return try results(operation, [operand(of: call.tensor())], call, count: 2)
  }

  /// The first of the sorted elements, and their indices.
  fileprivate mutating func firstSorted(
    _ count: Size, _ call: inout ProgramCall, descending: Bool
  ) throws(CheckpointError) -> [Result] {
    let dimension = try call.int("dim", default: -1)
    let sorted = try add(
      .sort(dimension: dimension, descending: descending), [operand(of: call.tensor())],
      name: call.node.name + ".sorted", count: 2)
    let slice = Operation.slice(dimension: dimension, start: 0, end: count, step: 1)
    return [
      .new(try single(slice, [sorted[0]], Self.name(of: call))),
      .new(try single(slice, [sorted[1]], Self.name(of: call))),
    ]
  }

  /// The k-th smallest element of each line, counted from 1, and its index.
  fileprivate mutating func kthValue(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let dimension = try call.int("dim", default: -1)
    let place = try call.int("k") &- 1
    guard place >= 0 else { throw .program("`k` is not 1 or more") }
    let sorted = try add(
      .sort(dimension: dimension, descending: false), [operand(of: call.tensor())],
      name: call.node.name + ".sorted", count: 2)
    let keeps = try call.bool("keepdim", default: false)
    let operation: Operation =
      keeps
      ? .slice(dimension: dimension, start: .fixed(place), end: .fixed(place + 1), step: 1)
      : .select(dimension: dimension, index: place)
    return [
      .new(try single(operation, [sorted[0]], Self.name(of: call))),
      .new(try single(operation, [sorted[1]], Self.name(of: call))),
    ]
  }
}
