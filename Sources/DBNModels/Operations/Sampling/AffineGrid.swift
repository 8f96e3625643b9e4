package import DBNTensors

extension Operation {
  /// Operand: matrices [N, 2, 3], or [N, 3, 4] for volumes. The output is the positions, for
  /// `gridSample`, of an image [N, C, H, W] of the given sizes, each multiplied with the matrix.
  public static func affineGrid(_ sizes: [Size], alignsCorners: Bool) -> Operation {
    Operation(AffineGrid(sizes: sizes, alignsCorners: alignsCorners))
  }

  /// `torch.nn.functional.affine_grid`.
  package struct AffineGrid: GraphOperation {
    package let sizes: [Size]
    let alignsCorners: Bool

    package static var names: [String] { ["affineGrid"] }

    init(sizes: [Size], alignsCorners: Bool) {
      self.sizes = sizes
      self.alignsCorners = alignsCorners
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(
        sizes: try reader.sizes("sizes"), alignsCorners: try reader.bool("align_corners"))
    }

    package var attributes: [JSON.Member] {
      [.init("sizes", .sizes(sizes)), .init("align_corners", .bool(alignsCorners))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let (matrices, image) = (try operands.required(0), try operands.numbers(sizes))
      let rank = image.count - 2
      guard [2, 3].contains(rank), image.allSatisfy({ $0 >= 0 }),
        matrices == [image[0], rank, rank + 1]
      else { throw .shape("matrices \(matrices) do not fit an image \(image)") }
      return (
        .affineGrid(image.map { .fixed($0) }, alignsCorners: alignsCorners),
        [[image[0]] + image[2...] + [rank]]
      )
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let spatial = [Int](shapes[0].dropFirst().dropLast())
      let positions = DenseArray(positionsOf: spatial, alignsCorners: alignsCorners)
      // [N, rank + 1, rank]: the transposed matrices.
      let matrices = try operands.required(0)
      let (shape, strides) = (matrices.shape, matrices.shape.strides)
      let transposed = matrices.part(
        [shape[0], shape[2], shape[1]], [strides[0], strides[2], strides[1]], from: 0)
      let product = [shape[0], positions.shape[0], shape[1]]
      return [positions.multiplied(with: transposed, to: product).reshaped(to: shapes[0])]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "affine_grid_generator": { importer, call throws(CheckpointError) in
          let operation = Operation.affineGrid(
            try importer.shape("size", &call),
            alignsCorners: try call.bool("align_corners", default: false))
          return try importer.result(operation, of: call.tensor("theta"), call)
        }
      ]
    }
  }
}

extension DenseArray {
  /// The positions of all elements of an image or a volume, from -1 to 1, the last dimension's
  /// first and then 1: [elements, rank + 1].
  fileprivate init(positionsOf sizes: [Int], alignsCorners: Bool) {
    let (count, width, strides) = (sizes.reduce(1, *), sizes.count + 1, sizes.strides)
    self.init([count, width]) { output in
      for element in 0..<count {
        for axis in sizes.indices {
          let (index, size) = (element / strides[axis] % sizes[axis], Double(sizes[axis]))
          let last = alignsCorners ? size - 1 : size
          let first = alignsCorners ? 0 : 0.5
          let position = size == 1 ? 0 : (Double(index) + first) / last * 2 - 1
          output[element * width + sizes.count - 1 - axis] = position
        }
        output[element * width + sizes.count] = 1
      }
    }
  }
}
