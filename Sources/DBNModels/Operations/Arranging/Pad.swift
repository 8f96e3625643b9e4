package import DBNTensors

extension Operation {
  /// Adds elements with the given value before and after each of the last dimensions.
  public static func pad(before: [Size], after: [Size], value: Double) -> Operation {
    Operation(Pad(before: before, after: after, value: value))
  }

  /// `torch.nn.functional.pad` with a constant.
  package struct Pad: GraphOperation {
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
      guard before.count == after.count, before.count <= input.count,
        (before + after).allSatisfy({ 0...Graph.elementLimit ~= $0 })
      else { throw .shape("\(input) cannot be padded by \(before) and \(after)") }
      let untouched = input.count - before.count
      let shape = input.indices.map { index in
        index < untouched
          ? input[index] : before[index - untouched] + input[index] + after[index - untouched]
      }
      return (
        .pad(before: before.map { .fixed($0) }, after: after.map { .fixed($0) }, value: value),
        [shape]
      )
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let before = before.map { $0.number ?? 0 }
      return [try operands.required(0).padded(before, value, to: shapes[0])]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "constant_pad_nd": { importer, call throws(CheckpointError) in try importer.pad(&call) },
        "pad": { importer, call throws(CheckpointError) in
          guard try call.text("mode", default: "constant") == "constant" else {
            throw call.unsupported("a padding mode other than constant")
          }
          return try importer.pad(&call)
        },
      ]
    }
  }
}

extension GraphImporter {
  /// PyTorch lists pairs starting with the last dimension; the graph lists dimensions in order.
  fileprivate mutating func pad(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    let sizes = try sizes("pad", &call).orProgramError("`pad`")
    guard sizes.count % 2 == 0 else { throw .program("`pad` has an odd number of sizes") }
    let pairs = stride(from: 0, to: sizes.count, by: 2).map { (sizes[$0], sizes[$0 + 1]) }
    let operation = Operation.pad(
      before: pairs.reversed().map(\.0), after: pairs.reversed().map(\.1),
      value: try call.number("value", default: 0))
    return try result(operation, of: call.tensor(), call)
  }
}
