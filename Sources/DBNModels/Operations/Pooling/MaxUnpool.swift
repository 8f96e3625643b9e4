package import DBNTensors

extension Operation {
  /// Operands: input [N, C, ...] or [C, ...], and the index of each element in its channel of the
  /// output, whose spatial dimensions have the sizes. All other elements are 0.
  public static func maxUnpool(_ sizes: [Size]) -> Operation { Operation(MaxUnpool(sizes)) }

  /// `torch.nn.functional.max_unpool2d` and its relatives.
  package struct MaxUnpool: GraphOperation {
    package let sizes: [Size]

    package static var names: [String] { ["maxUnpool"] }

    init(_ sizes: [Size]) {
      self.sizes = sizes
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      sizes = try reader.sizes("sizes")
    }

    package var attributes: [JSON.Member] { [.init("sizes", .sizes(sizes))] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let (input, output) = (try operands.required(0), try operands.numbers(sizes))
      guard (1...3).contains(output.count), [1, 2].contains(input.count - output.count),
        try operands.required(1) == input, output.allSatisfy({ $0 >= 0 })
      else { throw .shape("an input \(input) cannot be unpooled to \(output)") }
      return (.maxUnpool(output.map { .fixed($0) }), [input.dropLast(output.count) + output])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let (input, indices) = (try operands.required(0), try operands.required(1))
      return [try input.unpooled(indices, rank: sizes.count, to: shapes[0])]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      GraphImporter.handlers(ofRanks: 2...3, { "max_unpool\($0)d" }) { _ in
        { importer, call throws(CheckpointError) in
          // The output's size follows from these.
          call.ignore("stride", "padding")
          let operands = [
            try importer.operand(of: call.tensor()),
            try importer.operand(of: call.tensor("indices")),
          ]
          return try importer.result(
            .maxUnpool(importer.shape("output_size", &call)), operands, call)
        }
      }
    }
  }
}

extension DenseArray {
  fileprivate func unpooled(
    _ indices: DenseArray, rank: Int, to shape: [Int]
  ) throws(CheckpointError) -> DenseArray {
    let (count, plane) = (
      self.shape.suffix(rank).reduce(1, *), shape.suffix(rank).reduce(1, *)
    )
    var result = DenseArray(repeating: 0, shape)
    for (place, value) in values.enumerated() {
      guard let index = Int(exactly: indices.values[place]), 0..<plane ~= index else {
        throw .shape("the index \(indices.values[place]) is outside a channel of \(plane) elements")
      }
      result.values[place / count * plane + index] = value
    }
    return result
  }
}
