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
      guard (1...3).contains(rank), input.count == rank + 2, groups > 0, hasRank(rank),
        weight[1] > 0, input[1] % groups == 0, input[1] / groups == weight[1],
        weight[0] > 0, weight[0] % groups == 0, bias.map({ $0 == [weight[0]] }) ?? true
      else { throw mismatch("a convolution", input, weight, bias) }
      var output = [input[0], weight[0]]
      for axis in 0..<rank {
        let window = Window(self, kernel: weight[2 + axis], axis: axis)
        output.append(try window.outputSize(of: input[2 + axis]))
      }
      return output
    }

    /// Whether the attributes are those of a convolution of so many spatial dimensions.
    func hasRank(_ rank: Int) -> Bool {
      [stride, padding, dilation].allSatisfy { $0.count == rank }
    }

    /// The error for operands that do not fit together.
    func mismatch(
      _ operation: String, _ input: [Int], _ weight: [Int], _ bias: [Int]?
    ) -> CheckpointError {
      .shape(
        "\(operation) of an input \(input) with a weight \(weight)"
          + (groups == 1 ? "" : " in \(groups) groups")
          + (bias.map { " and a bias \($0)" } ?? "") + " is undefined")
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
    if try call.bool("transposed", default: false) { return try transposedConvolution(&call) }
    call.ignore("output_padding")
    let kernel = try kernel(&call)
    var attributes = try convolutionAttributes(&call, rank: kernel.count)
    var operand = try operand(of: call.tensor("input"))
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
    return try convolved(.convolution(attributes), operand, &call, rank: kernel.count)
  }

  /// The spatial sizes of the weight.
  func kernel(_ call: inout ProgramCall) throws(CheckpointError) -> [Int] {
    try meta(call.tensor("weight")).shape.dropFirst(2).map { size throws(CheckpointError) in
      try size.orProgramError("a size of the weight")
    }
  }

  /// The attributes of a convolution, transposed or not, without its padding.
  func convolutionAttributes(
    _ call: inout ProgramCall, rank: Int
  ) throws(CheckpointError) -> Operation.Convolution {
    call.ignore("benchmark", "deterministic", "cudnn_enabled", "allow_tf32", "transposed")
    return Operation.Convolution(
      stride: try call.ints("stride", count: rank, default: 1), padding: [],
      dilation: try call.ints("dilation", count: rank, default: 1),
      groups: try call.int("groups", default: 1))
  }

  /// A convolution of an input, which may be a single sample without a batch dimension.
  mutating func convolved(
    _ operation: Operation, _ input: Graph.Operand, _ call: inout ProgramCall, rank: Int
  ) throws(CheckpointError) -> [Result] {
    let isBatch = try meta(call.tensor("input")).rank == rank + 2
    let name = Self.name(of: call)
    let batch =
      isBatch ? input : try single(.unsqueeze(dimension: 0), [input], "\(name).batch")
    let operands = [
      batch, try operand(of: call.tensor("weight")),
      try optionalOperand(call.optionalTensor("bias")),
    ]
    if isBatch { return try result(operation, operands, call) }
    let output = try single(operation, operands, name)
    return [.new(try single(.squeeze(dimensions: [0]), [output], "\(name).sample"))]
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
