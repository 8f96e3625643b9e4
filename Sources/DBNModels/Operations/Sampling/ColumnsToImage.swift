package import DBNTensors

extension Operation {
  /// Operand: columns [N, C * kernel, L] or [C * kernel, L]. The output is the image [N, C, H, W]
  /// whose height and width are the sizes, in which elements of several patches are added.
  public static func col2im(_ patches: Patches, sizes: [Size]) -> Operation {
    Operation(ColumnsToImage(patches: patches, sizes: sizes))
  }

  /// `torch.nn.functional.fold`.
  package struct ColumnsToImage: GraphOperation {
    let patches: Patches
    package let sizes: [Size]

    package static var names: [String] { ["col2im"] }

    init(patches: Patches, sizes: [Size]) {
      self.patches = patches
      self.sizes = sizes
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(patches: try Patches(reader), sizes: try reader.sizes("sizes"))
    }

    package var attributes: [JSON.Member] {
      patches.attributes + [.init("sizes", .sizes(sizes))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let (input, image) = (try operands.required(0), try operands.numbers(sizes))
      let counts = try patches.counts(on: image)
      guard [2, 3].contains(input.count), let kernel = patches.kernel.product,
        input[input.count - 2] % kernel == 0, counts.product == input[input.count - 1]
      else { throw .shape("columns \(input) are not those of an image \(image)") }
      let channels = input[input.count - 2] / kernel
      return (
        .col2im(patches, sizes: image.map { .fixed($0) }), [input.dropLast(2) + [channels] + image]
      )
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let columns = try Columns(patches, on: [Int](shapes[0].suffix(2)))
      return [try columns.image(of: operands.required(0), to: shapes[0])]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "col2im": { importer, call throws(CheckpointError) in
          let sizes = try importer.shape("output_size", &call)
          return try importer.result(
            .col2im(Patches(&call), sizes: sizes), of: call.tensor(), call)
        }
      ]
    }
  }
}
