package import DBNTensors

extension Operation {
  /// Operands: input [N, C, ...], weight [1] or [C]. Negative elements are multiplied by the
  /// weight, or by their channel's weight.
  public static let parametricReLU = Operation(ParametricReLU())

  /// `torch.nn.functional.prelu`.
  package struct ParametricReLU: GraphOperation {
    package static var names: [String] { ["parametricReLU"] }

    package init(_ reader: GraphReader) throws(CheckpointError) {}

    init() {}

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let (input, weight) = (try operands.required(0), try operands.required(1))
      let isOfChannels = weight.count == 1 && input.count >= 2 && weight[0] == input[1]
      guard weight.count <= 1, weight.first ?? 1 == 1 || isOfChannels else {
        throw .shape(
          "a weight \(weight) is neither one number nor one for each channel of \(input)")
      }
      return (Operation(self), [input])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let (input, weight) = (try operands.required(0), try operands.required(1))
      let count = weight.values.count
      let broadcast =
        count == 1
        ? [1] : [count] + [Int](repeating: 1, count: Swift.max(0, shapes[0].count - 2))
      return [
        input.combined(with: weight.reshaped(to: broadcast), to: shapes[0]) {
          $0 > 0 ? $0 : $0 * $1
        }
      ]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "prelu": { importer, call throws(CheckpointError) in
          let operands = [
            try importer.operand(of: call.tensor()),
            try importer.operand(of: call.tensor("weight")),
          ]
          return try importer.result(.parametricReLU, operands, call)
        }
      ]
    }
  }
}
