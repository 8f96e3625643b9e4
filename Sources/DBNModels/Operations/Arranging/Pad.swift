package import DBNTensors

extension Operation {
  /// Adds elements with the given value before and after each of the last dimensions; negative
  /// numbers remove elements.
  public static func pad(before: [Size], after: [Size], value: Double) -> Operation {
    Operation(Pad(before: before, after: after, value: value))
  }

  /// `torch.nn.functional.pad` with a constant.
  package struct Pad: StridedCopying {
    let before: [Size]
    let after: [Size]
    let value: Double

    package static var names: [String] { ["pad"] }

    init(before: [Size], after: [Size], value: Double) {
      self.before = before
      self.after = after
      self.value = value
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(
        before: try reader.sizes("before"), after: try reader.sizes("after"),
        value: try reader.number("value"))
    }

    package var attributes: [JSON.Member] {
      [
        .init("before", .sizes(before)), .init("after", .sizes(after)),
        .init("value", .double(value)),
      ]
    }

    package var sizes: [Size] { before + after }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let (before, after) = (try operands.numbers(before), try operands.numbers(after))
      let shape = try input.padded(before, after)
      return (
        .pad(before: before.map { .fixed($0) }, after: after.map { .fixed($0) }, value: value),
        [shape]
      )
    }

    package func copies(of input: [Int], to shapes: [[Int]]) -> [StridedCopy] {
      let starts =
        [Int](repeating: 0, count: input.count - before.count)
        + before.map { $0.number ?? 0 }
      let kept = input.indices.map { axis in
        max(0, min(input[axis] + starts[axis], shapes[0][axis]) - max(starts[axis], 0))
      }
      let (source, target) = (input.strides, shapes[0].strides)
      let first = zip(source, starts).reduce(0) { $0 + $1.0 * max(-$1.1, 0) }
      let start = zip(target, starts).reduce(0) { $0 + $1.0 * max($1.1, 0) }
      return [
        StridedCopy(
          kept, from: .init(start: first, strides: source),
          to: .init(start: start, strides: target), background: value)
      ]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "constant_pad_nd": { importer, call throws(CheckpointError) in try importer.pad(&call) },
        "pad": { importer, call throws(CheckpointError) in try importer.pad(&call) },
      ]
    }
  }
}

extension GraphImporter {
  fileprivate mutating func pad(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    let (before, after) = try padding("pad", &call)
    let mode = try call.text("mode", default: "constant")
    let value = try call.number("value", default: 0)
    if mode == "constant" {
      return try result(
        .pad(before: before, after: after, value: value), of: call.tensor(), call)
    }
    guard let copies = Operation.PaddingCopies(rawValue: mode) else {
      throw call.unsupported("the padding mode '\(mode.visible())'")
    }
    return try result(.pad(before: before, after: after, by: copies), of: call.tensor(), call)
  }

  /// PyTorch lists pairs starting with the last dimension; the graph lists dimensions in order.
  func padding(
    _ name: String, _ call: inout ProgramCall
  ) throws(CheckpointError) -> (before: [Size], after: [Size]) {
    let sizes = try sizes(name, &call).orProgramError("`\(name)`")
    guard sizes.count % 2 == 0 else { throw .program("`\(name)` has an odd number of sizes") }
    let pairs = stride(from: 0, to: sizes.count, by: 2).map { (sizes[$0], sizes[$0 + 1]) }
    return (pairs.reversed().map(\.0), pairs.reversed().map(\.1))
  }
}

extension [Int] {
  /// The shape with more elements, or fewer, before and after each of the last dimensions.
  ///
  /// - Throws: `shapeMismatch`.
  func padded(_ before: [Int], _ after: [Int]) throws(CheckpointError) -> [Int] {
    let error = CheckpointError.shape("\(self) cannot be padded by \(before) and \(after)")
    let limit = Graph.elementLimit
    guard before.count == after.count, before.count <= count,
      (before + after).allSatisfy({ -limit...limit ~= $0 })
    else { throw error }
    let untouched = count - before.count
    let shape = indices.map { index in
      index < untouched
        ? self[index] : before[index - untouched] + self[index] + after[index - untouched]
    }
    guard shape.allSatisfy({ $0 >= 0 }) else { throw error }
    return shape
  }
}
