package import DBNTensors

extension Operation {
  /// Operands: input [N, C, ...], weight [K, C / groups, ...], bias [K] or none.
  public static func convolution(_ attributes: Convolution) -> Operation { Operation(attributes) }

  /// The attributes of a convolution in 1, 2 or 3 spatial dimensions: `torch.nn.Conv2d` and its
  /// relatives.
  public struct Convolution: GraphOperation {
    /// How far the window moves, along each spatial dimension.
    public var stride: [Int]
    /// How many zeros are added before and after, along each spatial dimension.
    public var padding: [Int]
    /// The distance between the elements under the window, along each spatial dimension.
    public var dilation: [Int]
    /// The number of groups of channels that are convolved separately.
    public var groups: Int

    /// Makes the attributes; the arrays have a number for each spatial dimension.
    public init(stride: [Int], padding: [Int], dilation: [Int], groups: Int = 1) {
      self.stride = stride
      self.padding = padding
      self.dilation = dilation
      self.groups = groups
    }

    package static var names: [String] { ["convolution"] }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(
        stride: try reader.ints("stride"), padding: try reader.ints("padding"),
        dilation: try reader.ints("dilation"), groups: try reader.int("groups"))
    }

    package var attributes: [JSON.Member] {
      [
        .init("stride", .ints(stride)), .init("padding", .ints(padding)),
        .init("dilation", .ints(dilation)), .init("groups", .int(groups)),
      ]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      return (Operation(self), [try output(of: input, try operands.required(1), operands[2])])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let kernel = ConvolutionKernel(
        self, try operands.required(0), try operands.required(1), operands[2], to: shapes[0])
      return [try kernel.output()]
    }

    private func output(
      of input: [Int], _ weight: [Int], _ bias: [Int]?
    ) throws(CheckpointError) -> [Int] {
      let rank = weight.count - 2
      guard (1...3).contains(rank), input.count == rank + 2, groups > 0,
        [stride, padding, dilation].allSatisfy({ $0.count == rank }),
        weight[1] > 0, input[1] % groups == 0, input[1] / groups == weight[1],
        weight[0] > 0, weight[0] % groups == 0, bias.map({ $0 == [weight[0]] }) ?? true
      else {
        throw .shape(
          "an input \(input) cannot be convolved with a weight \(weight)"
            + (groups == 1 ? "" : " in \(groups) groups")
            + (bias.map { " and a bias \($0)" } ?? ""))
      }
      var output = [input[0], weight[0]]
      for axis in 0..<rank {
        let window = Window(self, kernel: weight[2 + axis], axis: axis)
        output.append(try window.outputSize(of: input[2 + axis]))
      }
      return output
    }

    package static var handlers: [String: GraphImporter.Handler] {
      let names = ["conv1d", "conv2d", "conv3d", "convolution", "_convolution"]
      return GraphImporter.handlers(names) { importer, call throws(CheckpointError) in
        try importer.convolution(&call)
      }
    }
  }
}

extension GraphImporter {
  fileprivate mutating func convolution(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let (input, weight) = (try call.tensor("input"), try call.tensor("weight"))
    let bias = try call.optionalTensor("bias")
    let kernel = try meta(weight).shape.dropFirst(2).map { size throws(CheckpointError) in
      try size.orProgramError("a size of the weight")
    }
    call.ignore("benchmark", "deterministic", "cudnn_enabled", "allow_tf32")
    guard try !call.bool("transposed", default: false) else {
      throw call.unsupported("a transposed convolution")
    }
    call.ignore("output_padding")
    var attributes = Operation.Convolution(
      stride: try call.ints("stride", count: kernel.count, default: 1), padding: [],
      dilation: try call.ints("dilation", count: kernel.count, default: 1),
      groups: try call.int("groups", default: 1))
    var operand = try operand(of: input)
    if call.node.target.hasSuffix(".padding") {
      let (before, after) = try padding(&call, kernel, attributes.dilation)
      attributes.padding = before
      if before != after {
        // Uneven padding has one more element at the end.
        let more = zip(after, before).map { Size.fixed($0 - $1) }
        operand = try single(
          .pad(before: more.map { _ in 0 }, after: more, value: 0), [operand],
          Self.name(of: call) + ".padding")
      }
    } else {
      attributes.padding = try call.ints("padding", count: kernel.count, default: 0)
    }
    return try result(
      .convolution(attributes), [operand, self.operand(of: weight), optionalOperand(bias)], call)
  }

  /// The padding named `same` or `valid`.
  ///
  /// Source: `_convolution_same` of `aten/src/ATen/native/Convolution.cpp`.
  private func padding(
    _ call: inout ProgramCall, _ kernel: [Int], _ dilation: [Int]
  ) throws(CheckpointError) -> (before: [Int], after: [Int]) {
    switch try call.text("padding", default: "valid") {
    case "valid": return (kernel.map { _ in 0 }, kernel.map { _ in 0 })
    case "same":
      let totals = try zip(kernel, dilation).map { pair throws(CheckpointError) in
        let total = pair.1.multipliedReportingOverflow(by: max(pair.0 - 1, 0))
        guard !total.overflow, total.partialValue >= 0 else {
          throw .program("the dilation \(pair.1) is negative or too large")
        }
        return total.partialValue
      }
      return (totals.map { $0 / 2 }, totals.map { $0 - $0 / 2 })
    case let other: throw call.unsupported("the padding '\(other.visible())'")
    }
  }
}
