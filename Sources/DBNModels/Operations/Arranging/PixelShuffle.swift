package import DBNTensors

extension Operation {
  /// Operand: input [..., C * factor^2, H, W]. The output is [..., C, H * factor, W * factor].
  public static func pixelShuffle(factor: Int) -> Operation {
    Operation(PixelShuffle(factor: factor))
  }

  /// `torch.nn.functional.pixel_shuffle`.
  package struct PixelShuffle: Regrouping {
    let factor: Int

    package static var names: [String] { ["pixelShuffle"] }

    init(factor: Int) {
      self.factor = factor
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      factor = try reader.int("factor")
    }

    package var attributes: [JSON.Member] { [.init("factor", .int(factor))] }

    package func grouping(of input: [Int]) throws(CheckpointError) -> Grouping {
      let batch = [Int](input.dropLast(3))
      guard input.count >= 3, factor > 0, let square = [factor, factor].product,
        input[batch.count] % square == 0,
        let height = [input[batch.count + 1], factor].product,
        let width = [input[batch.count + 2], factor].product
      else { throw .shape("the pixels of \(input) cannot be shuffled by \(factor)") }
      let channels = input[batch.count] / square
      let order = [0, 3, 1, 4, 2].map { batch.count + $0 }
      return Grouping(
        split: batch + [channels, factor, factor] + input.suffix(2),
        order: batch.indices + order, merged: batch + [channels, height, width])
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "pixel_shuffle": { importer, call throws(CheckpointError) in
          let operation = Operation.pixelShuffle(factor: try call.int("upscale_factor"))
          return try importer.result(operation, of: call.tensor(), call)
        }
      ]
    }
  }
}
