package import DBNTensors

extension Operation {
  /// Operand: image [N, C, H, W] or [C, H, W]. The output is [N, C * kernel, L], the elements of
  /// each patch in a column.
  public static func im2col(_ patches: Patches) -> Operation { Operation(ImageToColumns(patches)) }

  /// `torch.nn.functional.unfold`.
  package struct ImageToColumns: GraphOperation {
    let patches: Patches

    package static var names: [String] { ["im2col"] }

    init(_ patches: Patches) {
      self.patches = patches
    }

    package init(_ reader: GraphReader) throws(CheckpointError) { patches = try Patches(reader) }

    package var attributes: [JSON.Member] { patches.attributes }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let counts = try patches.counts(on: [Int](input.dropFirst(max(1, input.count - 2))))
      guard [3, 4].contains(input.count),
        let rows = ([input[input.count - 3]] + patches.kernel).product,
        let columns = counts.product
      else { throw .shape("an image \(input) has no patches of \(patches.kernel)") }
      return (Operation(self), [input.dropLast(3) + [rows, columns]])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let input = try operands.required(0)
      let columns = try Columns(patches, on: [Int](input.shape.suffix(2)))
      return [try columns.columns(of: input, to: shapes[0])]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "im2col": { importer, call throws(CheckpointError) in
          try importer.result(.im2col(Patches(&call)), of: call.tensor(), call)
        }
      ]
    }
  }
}
