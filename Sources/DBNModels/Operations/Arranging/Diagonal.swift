package import DBNTensors

extension Operation {
  /// The diagonal of two dimensions, which becomes the last dimension.
  ///
  /// - Parameter offset: how far it is above the main diagonal; negative: below.
  public static func diagonal(offset: Int, first: Int, second: Int) -> Operation {
    Operation(Diagonal(offset: offset, first: first, second: second))
  }

  /// `torch.diagonal`.
  package struct Diagonal: StridedCopying {
    let offset: Int
    let first: Int
    let second: Int

    package static var names: [String] { ["diagonal"] }

    init(offset: Int, first: Int, second: Int) {
      self.offset = offset
      self.first = first
      self.second = second
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(
        offset: try reader.int("offset"), first: try reader.int("first"),
        second: try reader.int("second"))
    }

    package var attributes: [JSON.Member] {
      [.init("offset", .int(offset)), .init("first", .int(first)), .init("second", .int(second))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let axes = try input.dimensions([first, second])
      // Within these bounds the diagonal is empty, and sums do not overflow.
      let offset = Swift.min(Swift.max(offset, -input[axes[0]]), input[axes[1]])
      let (rows, columns) = (
        input[axes[0]] + Swift.min(offset, 0), input[axes[1]] - Swift.max(offset, 0)
      )
      let others = input.indices.filter { !axes.contains($0) }.map { input[$0] }
      return (
        .diagonal(offset: offset, first: axes[0], second: axes[1]),
        [others + [Swift.max(0, Swift.min(rows, columns))]]
      )
    }

    package func copies(of input: [Int], to shapes: [[Int]]) -> [StridedCopy] {
      let strides = input.strides
      let others = strides.indices.filter { $0 != first && $0 != second }.map { strides[$0] }
      let start = offset < 0 ? -offset * strides[first] : offset * strides[second]
      return [
        StridedCopy(shapes[0], from: start, strides: others + [strides[first] + strides[second]])
      ]
    }
  }
}
