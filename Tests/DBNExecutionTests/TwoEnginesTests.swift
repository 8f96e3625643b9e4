import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// The two engines against each other: every operation on random shapes. Differences are at most
/// 1e-5, relative to the largest output where that is above 1.
@Suite(.oneDNN)
struct TwoEnginesTests {
  func compare(
    _ label: String, _ count: Int, _ make: (inout RandomGraph) throws -> Void
  ) throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("\(label): seed \(seed)")
    var generator = SeededGenerator(seed)
    for index in 0..<count {
      var random = RandomGraph(&generator)
      try make(&random)
      let shapes = random.inputs.mapValues(\.shape)
      try compare(
        random, "\(label), seed \(seed), graph \(index): \(shapes), \(random.graph.nodes)")
    }
  }

  private func compare(_ random: RandomGraph, _ comment: String) throws {
    let graph = random.graph
    var reference = try ReferenceExecutor(graph, random.stateDict)
    let expected = try reference.run(random.inputs)
    var executor = try OneDNNExecutor(graph, random.stateDict)
    // Twice: the second time, its memory is not fresh.
    for _ in 0..<2 { check(try executor.run(random.inputs), expected, comment) }
    var folding = try OneDNNExecutor(
      graph, random.stateDict, options: ExecutionOptions(foldsBatchNorm: true))
    check(try folding.run(random.inputs), expected, "folded, " + comment)
    var pass = try executor.start(random.inputs, mode: .evaluation)
    var nodes = 0
    while try pass.next() != nil { nodes += 1 }
    #expect(nodes == graph.nodes.count)
    check(try pass.outputs(), expected, "node by node, " + comment)
  }

  private func check(_ outputs: [DenseArray], _ expected: [DenseArray], _ comment: String) {
    #expect(outputs.map(\.shape) == expected.map(\.shape), "\(comment)")
    for (output, expected) in zip(outputs, expected) {
      let scale = max(1, expected.values.map(abs).max() ?? 0)
      let error = zip(output.values, expected.values).map { abs($0 - $1) }.max() ?? 0
      #expect(error <= 1e-5 * scale, "\(comment)")
    }
  }

  @Test func convolutions() throws {
    try compare("convolutions", 60) { _ = try $0.addConvolution("conv") }
  }

  @Test func convolutionsWithWhatIsDoneToTheirOutputs() throws {
    try compare("chains", 40) { random in
      var (value, filters) = try random.addConvolution("conv")
      for index in 0..<random.int(1...4) {
        let name = "step\(index)"
        switch random.int(0...5) {
        case 0: try random.addBatchNorm(name, value, features: filters)
        case 1: random.add(name, .activation(.relu), [value])
        case 2: random.add(name, .multiplyScalar(random.element([0.5, -1, 2])), [value])
        case 3: random.add(name, .addScalar(random.element([0.5, -1])), [value])
        case 4: random.add(name, .activation(random.element(Self.activations)), [value])
        default: random.add(name, .add(scale: 1), [value, .value("conv")])
        }
        value = .value(name)
      }
    }
  }

  /// Functions of one kind with different constants: oneDNN 2.6 mixes them up in one kernel.
  @Test(arguments: [
    [Operation.multiplyScalar(3), .addScalar(-1)], [.multiplyScalar(3), .multiplyScalar(2)],
    [.activation(.leakyReLU(slope: 0.2)), .activation(.relu)],
    [.activation(.hardSigmoid), .multiplyScalar(2)],
    [.activation(.elu(alpha: 0.7)), .activation(.elu(alpha: 0.2))],
    [
      .activation(.hardTanh(minimum: -0.5, maximum: 0.5)),
      .activation(.hardTanh(minimum: 0, maximum: 0.2)),
    ],
  ])
  func functionsOfAKindInARow(operations: [Operation]) throws {
    try compare("\(operations)", 4) { random in
      let x = try random.input("x", [2, 16, 6, 5])
      let weight = try random.parameter("conv.weight", [16, 16, 3, 3])
      var values: [Graph.Operand] = []
      random.add(
        "conv", .convolution(.init(stride: [1, 1], padding: [1, 1], dilation: [1, 1])),
        [x, weight, .none])
      try random.addBatchNorm("bn", x, features: 16)
      for start in ["conv", "bn"] {
        var value = Graph.Operand.value(start)
        for (index, operation) in operations.enumerated() {
          random.add("\(start)\(index)", operation, [value])
          value = .value("\(start)\(index)")
        }
        values.append(value)
      }
      random.add("out", .add(scale: 1), values)
    }
  }

  /// With padding, and as in generators and decoders: BatchNorm and an activation follow.
  @Test func transposedConvolutionsWithWhatIsDoneToTheirOutputs() throws {
    try compare("transposed chains", 30) { random in
      let rank = random.element([1, 2, 2, 3])
      let groups = random.element([1, 1, 2, 4])
      let (channels, filters) = (groups * random.int(1...17), random.int(1...17))
      let kernel = random.ints(rank, 1...4)
      let attributes = Operation.Convolution(
        stride: random.ints(rank, 1...3), padding: kernel.map { random.int(0...($0 - 1) / 2) },
        dilation: random.ints(rank, 1...2), groups: groups)
      let x = try random.input("x", [random.int(1...3), channels] + random.ints(rank, 1...5))
      let operands = [
        x, try random.parameter("up.weight", [channels, filters] + kernel),
        random.int(0...1) == 0 ? .none : try random.parameter("up.bias", [filters * groups]),
      ]
      let more = attributes.stride.map { random.int(0...$0 - 1) }
      random.add("up", .transposedConvolution(attributes, outputPadding: more), operands)
      try random.addBatchNorm("bn", .value("up"), features: filters * groups)
      random.add("out", .activation(random.element(Self.activations)), [.value("bn")])
    }
  }

  @Test func residualBlocks() throws {
    try compare("residual blocks", 20) { random in
      let channels = random.element([3, 8, 16, 24])
      let x = try random.input("x", [random.int(1...4), channels, 6, 5])
      for name in ["a", "b"] {
        let weight = try random.parameter("\(name).weight", [channels, channels, 3, 3])
        random.add(
          name, .convolution(.init(stride: [1, 1], padding: [1, 1], dilation: [1, 1])),
          [name == "a" ? x : .value("relu"), weight, .none])
        try random.addBatchNorm("\(name).bn", .value(name), features: channels)
        if name == "a" { random.add("relu", .activation(.relu), [.value("a.bn")]) }
      }
      let isSwapped = random.int(0...1) == 0
      random.add("sum", .add(scale: 1), isSwapped ? [x, .value("b.bn")] : [.value("b.bn"), x])
      random.add("out", .activation(.relu), [.value("sum")])
    }
  }

  @Test(arguments: [1, 4]) func batchNorms(worldSize: Int) throws {
    try compare("BatchNorms of \(worldSize)", 20) { random in
      let features = random.element([1, 3, 16, 17, 32])
      let spatial = random.ints(random.int(0...3), 1...5)
      let x = try random.input("x", [random.int(1...9), features] + spatial)
      try random.addBatchNorm("bn", x, features: features, worldSize: worldSize)
      random.add("sum", .add(scale: 1), [.value("bn"), x])
      random.add("out", .activation(.relu), [.value("sum")])
    }
  }

  static let activations: [Activation] = [
    .relu, .hardTanh(minimum: 0, maximum: 6), .hardTanh(minimum: -0.5, maximum: .infinity),
    .hardSwish, .hardSigmoid, .silu, .sigmoid, .gelu(usesTanh: false), .gelu(usesTanh: true),
    .tanh, .leakyReLU(slope: 0.1), .elu(alpha: 0.7), .softplus(beta: 1, threshold: 20), .mish,
    .power(2), .exponential, .negative, .absolute,
  ]

  @Test(arguments: activations) func activationFunctions(function: Activation) throws {
    try compare("\(function)", 3) { random in
      let x = try random.input("x", random.ints(random.int(1...5), 1...5))
      random.add("scaled", .multiplyScalar(6), [x])
      random.add("out", .activation(function), [.value("scaled")])
    }
  }

  @Test func poolings() throws {
    try compare("poolings", 60) { random in
      let rank = random.element([1, 2, 2, 3])
      let kernel = random.ints(rank, 1...4)
      let isMaximum = random.int(0...1) == 0
      let pooling = Operation.Pooling(
        kernel: kernel, stride: random.ints(rank, 1...4),
        padding: kernel.map { random.int(0...$0 / 2) },
        dilation: isMaximum ? random.ints(rank, 1...2) : nil,
        usesCeiling: random.int(0...1) == 0, countsPadding: random.int(0...1) == 0,
        divisor: random.int(0...5) == 0 ? 3 : nil)
      let channels = random.element([1, 3, 16, 20])
      let shape = [random.int(1...3), channels] + kernel.map { 2 * $0 + random.int(1...6) }
      let x = try random.input("x", shape)
      random.add("pool", isMaximum ? .maxPool(pooling) : .averagePool(pooling), [x])
    }
  }

  @Test func adaptivePoolingsAndMeans() throws {
    try compare("adaptive poolings", 30) { random in
      let sizes = random.ints(2, 1...8)
      let x = try random.input(
        "x",
        [random.int(1...3), random.element([2, 16, 19])] + sizes.map { $0 * random.int(1...2) })
      switch random.int(0...2) {
      case 0: random.add("out", .adaptiveAveragePool([1, 1]), [x])
      case 1: random.add("out", .adaptiveAveragePool(sizes), [x])
      default:
        random.add(
          "out", .mean(dimensions: [2, 3], keepsDimensions: random.int(0...1) == 0), [x])
      }
    }
  }

  @Test func linearLayers() throws {
    try compare("linear layers", 20) { random in
      let (inputs, outputs) = (random.int(1...40), random.int(1...40))
      let x = try random.input("x", random.ints(random.int(0...3), 1...4) + [inputs])
      let bias: Graph.Operand =
        random.int(0...1) == 0 ? .none : try random.parameter("fc.bias", [outputs])
      random.add("fc", .linear, [x, try random.parameter("fc.weight", [outputs, inputs]), bias])
      random.add("out", .activation(.relu), [.value("fc")])
    }
  }

  @Test func arithmeticThatBroadcasts() throws {
    try compare("arithmetic", 60) { random in
      let shape = random.ints(random.int(1...4), 1...6)
      let other = random.int(0...1) == 0 ? shape : shape.map { random.int(0...1) == 0 ? $0 : 1 }
      let x = try random.input("x", shape)
      let y = try random.inputOrParameter(
        "y", Array(other.dropFirst(random.int(0...3) == 0 ? 1 : 0)))
      let operation = random.element([Operation.add(scale: 1), .add(scale: 0.5), .multiply])
      random.add("out", operation, random.int(0...1) == 0 ? [x, y] : [y, x])
    }
    try compare("division", 10) { random in
      let shape = random.ints(3, 1...6)
      let (x, y) = (try random.input("x", shape), try random.input("y", shape))
      random.add("above", .addScalar(2), [y])
      random.add("out", .divide, [x, .value("above")])
    }
  }

  @Test func whatIsPutTogetherAndTakenApart() throws {
    try compare("arrangements", 30) { random in
      let (rank, samples) = (random.int(2...4), random.int(1...3))
      let spatial = random.ints(rank - 2, 1...4)
      let channels = random.ints(random.int(1...4), 1...20)
      let parts = try channels.enumerated().map { index, count in
        try random.input("x\(index)", [samples, 2 * count] + spatial)
      }
      random.add("cat", .concatenate(dimension: 1), parts)
      random.add("chunk", .chunk(count: 2, dimension: 1), [.value("cat")], outputs: ["l", "r"])
      random.add("sum", .add(scale: -1), [.value("l"), .value("r")])
      random.add("flat", .flatten(start: 1, end: -1), [.value("sum")])
      random.add("softmax", .softmax(dimension: -1), [.value("flat")])
    }
  }

  @Test func whatIsTransposedSplitAndSelected() throws {
    try compare("parts", 40) { random in
      let rank = random.int(1...6)
      let shape = random.ints(rank, 1...5)
      let (x, dimension) = (try random.input("x", shape), random.int(0...rank - 1))
      let size = shape[dimension]
      random.add("scaled", .multiplyScalar(2), [x])
      switch random.int(0...2) {
      case 0: random.add("out", .permute(random.shuffled(rank)), [.value("scaled")])
      case 1:
        let index = random.int(-size...size - 1)
        random.add("out", .select(dimension: dimension, index: index), [.value("scaled")])
      default:
        let first = random.int(0...size)
        random.add(
          "out", .split(sizes: [first, size - first], dimension: dimension), [.value("scaled")],
          outputs: ["l", "r"])
      }
    }
  }

  @Test func slices() throws {
    try compare("slices", 80) { random in
      let rank = random.int(1...4)
      let shape = random.ints(rank, 1...7)
      let (x, dimension) = (try random.input("x", shape), random.int(0...rank - 1))
      let start = random.int(0...shape[dimension] - 1)
      let end = random.int(start...shape[dimension])
      random.add("scaled", .multiplyScalar(2), [x])
      random.add(
        "out",
        .slice(
          dimension: dimension, start: .fixed(start), end: .fixed(end), step: random.int(1...4)),
        [.value("scaled")])
    }
  }

  /// As in ShuffleNet: half of the channels, and the channels of both mixed, go on.
  @Test func channelsThatAreSplitAndShuffled() throws {
    try compare("shuffles", 20) { random in
      let (samples, half) = (random.int(1...3), random.element([2, 8, 16, 24, 58]))
      let sizes = random.ints(2, 1...5)
      let x = try random.input("x", [samples, 2 * half] + sizes)
      random.add("chunk", .chunk(count: 2, dimension: 1), [x], outputs: ["l", "r"])
      let weight = try random.parameter("conv.weight", [half, half, 1, 1])
      let convolution = Operation.Convolution(
        stride: [1, 1], padding: [0, 0], dilation: [1, 1])
      random.add("conv", .convolution(convolution), [.value("r"), weight, .none])
      random.add("cat", .concatenate(dimension: 1), [.value("l"), .value("conv")])
      let grouped = [samples, 2, half] + sizes
      random.add("view", .reshape(grouped.map { .fixed($0) }), [.value("cat")])
      random.add("transpose", .permute([0, 2, 1, 3, 4]), [.value("view")])
      random.add(
        "out", .reshape(([samples, 2 * half] + sizes).map { .fixed($0) }), [.value("transpose")])
    }
  }

  @Test func gatesOfSqueezeAndExcitation() throws {
    try compare("gates", 20) { random in
      let channels = random.element([3, 16, 24, 72])
      let x = try random.addConvolution("conv", channels: channels, sizes: [5, 4])
      random.add("pooled", .adaptiveAveragePool([1, 1]), [x])
      random.add("gate", .activation(.hardSigmoid), [.value("pooled")])
      random.add(
        "product", .multiply, random.int(0...1) == 0 ? [.value("gate"), x] : [x, .value("gate")])
      random.add("out", .activation(random.element(Self.activations)), [.value("product")])
    }
  }

  /// Operands of every shape that can be broadcast, combined with what a convolution made, which
  /// is not in plain layout.
  @Test func operandsThatAreBroadcastToChannelsInBlocks() throws {
    try compare("broadcasts", 60) { random in
      let channels = random.element([3, 16, 24, 33])
      let sizes = random.ints(2, 1...5)
      let x = try random.addConvolution("conv", channels: channels, sizes: sizes)
      let shape = (random.inputs["x"]?.shape ?? []).map { random.int(0...1) == 0 ? $0 : 1 }
      let y = try random.input("y", Array(shape.dropFirst(random.int(0...4))))
      let operation = random.element([Operation.add(scale: 1), .add(scale: 0.5), .multiply])
      random.add("combined", operation, random.int(0...1) == 0 ? [x, y] : [y, x])
      random.add("out", .activation(random.element(Self.activations)), [.value("combined")])
    }
  }

  /// As in DenseNet: BatchNorm and ReLU before a convolution, of all that was made so far.
  @Test(arguments: [1, 3]) func batchNormsBeforeConvolutions(worldSize: Int) throws {
    try compare("dense blocks of \(worldSize)", 20) { random in
      let growth = random.element([4, 8, 16, 24])
      let sizes = random.ints(2, 1...5)
      var channels = growth
      var made = [try random.addConvolution("conv", channels: channels, sizes: sizes)]
      for layer in 0..<3 {
        random.add("cat\(layer)", .concatenate(dimension: 1), made)
        try random.addBatchNorm(
          "bn\(layer)", .value("cat\(layer)"), features: channels, worldSize: worldSize)
        random.add("relu\(layer)", .activation(.relu), [.value("bn\(layer)")])
        let weight = try random.parameter("conv\(layer).weight", [growth, channels, 1, 1])
        random.add(
          "conv\(layer)",
          .convolution(.init(stride: [1, 1], padding: [0, 0], dilation: [1, 1])),
          [.value("relu\(layer)"), weight, .none])
        made.append(.value("conv\(layer)"))
        channels += growth
      }
    }
  }

  /// As in RepVGG: the sum of two convolutions and the input, each with its BatchNorm.
  @Test func branchesThatAreAdded() throws {
    try compare("branches", 20) { random in
      let channels = random.element([3, 8, 16, 24])
      let x = try random.addConvolution("stem", channels: channels, sizes: random.ints(2, 1...6))
      for size in [1, 3] {
        let weight = try random.parameter("conv\(size).weight", [channels, channels, size, size])
        let padding = [size / 2, size / 2]
        random.add(
          "conv\(size)",
          .convolution(.init(stride: [1, 1], padding: padding, dilation: [1, 1])),
          [x, weight, .none])
        try random.addBatchNorm("bn\(size)", .value("conv\(size)"), features: channels)
      }
      try random.addBatchNorm("identity", x, features: channels)
      let branches = random.shuffled(3).map { Graph.Operand.value(["bn1", "bn3", "identity"][$0]) }
      random.add("sum", .add(scale: 1), [branches[0], branches[1]])
      random.add("all", .add(scale: 1), [.value("sum"), branches[2]])
      random.add("out", .activation(.relu), [.value("all")])
    }
  }

  @Test func numbersWithoutDimensions() throws {
    try compare("numbers", 20) { random in
      let (x, y) = (try random.input("x", []), try random.input("y", []))
      let first = random.element([
        Operation.multiplyScalar(3), .addScalar(-1),
        .activation(random.element(Self.activations)),
      ])
      random.add("first", first, [x])
      let second = random.element([Operation.add(scale: 1), .multiply])
      random.add("sum", second, [.value("first"), y])
      random.add("out", .activation(.relu), [.value("sum")])
    }
  }
}
