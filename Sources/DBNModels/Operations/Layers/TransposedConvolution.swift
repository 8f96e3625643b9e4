package import DBNTensors

extension Operation {
  /// Operands: input [N, C, ...], weight [C, K / groups, ...], bias [K] or none.
  ///
  /// - Parameter outputPadding: how many elements are added at the end of each spatial dimension.
  public static func transposedConvolution(
    _ convolution: Convolution, outputPadding: [Int]
  ) -> Operation {
    Operation(TransposedConvolution(convolution: convolution, outputPadding: outputPadding))
  }

  /// `torch.nn.functional.conv_transpose2d` and its relatives: the convolution's input is computed
  /// from its output.
  package struct TransposedConvolution: GraphOperation {
    package let convolution: Convolution
    package let outputPadding: [Int]

    package static var names: [String] { ["transposedConvolution"] }

    init(convolution: Convolution, outputPadding: [Int]) {
      self.convolution = convolution
      self.outputPadding = outputPadding
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(
        convolution: try Convolution(reader), outputPadding: try reader.ints("output_padding"))
    }

    package var attributes: [JSON.Member] {
      convolution.attributes + [.init("output_padding", .ints(outputPadding))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      return (Operation(self), [try output(of: input, try operands.required(1), operands[2])])
    }

    private func output(
      of input: [Int], _ weight: [Int], _ bias: [Int]?
    ) throws(CheckpointError) -> [Int] {
      let (rank, groups) = (weight.count - 2, convolution.groups)
      guard (1...3).contains(rank), input.count == rank + 2, groups > 0,
        convolution.hasRank(rank), outputPadding.count == rank,
        weight[0] > 0, weight[1] > 0, input[1] == weight[0], input[1] % groups == 0,
        let filters = [weight[1], groups].product, bias.map({ $0 == [filters] }) ?? true
      else { throw convolution.mismatch("a transposed convolution", input, weight, bias) }
      var output = [input[0], filters]
      for axis in 0..<rank {
        let window = Window(convolution, kernel: weight[2 + axis], axis: axis)
        output.append(
          try window.inputSize(of: input[2 + axis], outputPadding: outputPadding[axis]))
      }
      return output
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let kernel = TransposedConvolutionKernel(
        convolution, try operands.required(0), try operands.required(1), operands[2],
        to: shapes[0])
      return [try kernel.output()]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      GraphImporter.handlers(ofRanks: 1...3, { "conv_transpose\($0)d" }) { _ in
        { importer, call throws(CheckpointError) in try importer.transposedConvolution(&call) }
      }
    }
  }
}

extension GraphImporter {
  mutating func transposedConvolution(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let rank = try kernel(&call).count
    var attributes = try convolutionAttributes(&call, rank: rank)
    attributes.padding = try call.ints("padding", count: rank, default: 0)
    let operation = Operation.transposedConvolution(
      attributes, outputPadding: try call.ints("output_padding", count: rank, default: 0))
    return try convolved(operation, operand(of: call.tensor("input")), &call, rank: rank)
  }
}
