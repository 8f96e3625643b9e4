package import DBNTensors

extension Operation {
  /// Operand: input [..., C, H * factor, W * factor]. The output is [..., C * factor^2, H, W].
  public static func pixelUnshuffle(factor: Int) -> Operation {
    Operation(PixelUnshuffle(factor: factor))
  }

  /// `torch.nn.functional.pixel_unshuffle`.
  package struct PixelUnshuffle: Regrouping {
    let factor: Int

    package static var names: [String] { ["pixelUnshuffle"] }

    init(factor: Int) {
      self.factor = factor
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      factor = try reader.int("factor")
    }

    package var attributes: [JSON.Member] { [.init("factor", .int(factor))] }

    package func grouping(of input: [Int]) throws(CheckpointError) -> Grouping {
      let batch = [Int](input.dropLast(3))
      guard input.count >= 3, factor > 0, input.suffix(2).allSatisfy({ $0 % factor == 0 }),
        let channels = [input[batch.count], factor, factor].product
      else { throw .shape("the pixels of \(input) cannot be unshuffled by \(factor)") }
      let (height, width) = (input[batch.count + 1] / factor, input[batch.count + 2] / factor)
      let order = [0, 2, 4, 1, 3].map { batch.count + $0 }
      return Grouping(
        split: batch + [input[batch.count], height, factor, width, factor],
        order: batch.indices + order, merged: batch + [channels, height, width])
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "pixel_unshuffle": { importer, call throws(CheckpointError) in
          let operation = Operation.pixelUnshuffle(factor: try call.int("downscale_factor"))
          return try importer.result(operation, of: call.tensor(), call)
        }
      ]
    }
  }
}
