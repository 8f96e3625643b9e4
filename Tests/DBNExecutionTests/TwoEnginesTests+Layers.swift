import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// Layers that the oneDNN engine computes by their definition, between operations of its own.
extension TwoEnginesTests {
  /// A convolution makes the input, so that it is in one of oneDNN's layouts; a ReLU uses the
  /// output.
  private func compareLayers(
    _ label: String, channels: [Int], sizes: ClosedRange<Int> = 2...6,
    _ add: (inout RandomGraph, Graph.Operand, _ channels: Int) throws -> Void
  ) throws {
    try compare(label, 20) { random in
      let count = random.element(channels)
      let x = try random.input("x", [random.int(1...3), 3] + random.ints(2, sizes))
      let weight = try random.parameter("conv.weight", [count, 3, 1, 1])
      random.add(
        "conv", .convolution(.init(stride: [1, 1], padding: [0, 0], dilation: [1, 1])),
        [x, weight, .none])
      try add(&random, .value("conv"), count)
      random.add("out", .activation(.relu), [.value("layer")])
    }
  }

  @Test func interpolations() throws {
    try compareLayers("interpolations", channels: [1, 5, 16]) { random, x, _ in
      let mode = random.element(Operation.Interpolation.Mode.allCases)
      let isSmooth = mode == .linear || mode == .cubic || mode == .lanczos
      var attributes = Operation.Interpolation(mode)
      attributes.alignsCorners = isSmooth && random.int(0...1) == 0
      attributes.antialiases = mode == .lanczos || (isSmooth && random.int(0...2) == 0)
      if random.int(0...1) == 0 {
        attributes.sizes = random.ints(2, 1...9).map { .fixed($0) }
      } else {
        attributes.scales = (0..<2).map { _ in random.element([0.5, 1.5, 2, 2.25]) }
      }
      random.add("layer", .interpolate(attributes), [x])
    }
  }

  @Test func transposedConvolutions() throws {
    try compareLayers("transposed convolutions", channels: [4, 16]) { random, x, channels in
      let groups = random.element([1, 2, 4])
      let kernel = random.ints(2, 1...4)
      let attributes = Operation.Convolution(
        stride: random.ints(2, 1...4), padding: [0, 0], dilation: random.ints(2, 1...3),
        groups: groups)
      let filters = random.int(1...5)
      let operands = [
        x, try random.parameter("weight", [channels, filters] + kernel),
        random.int(0...1) == 0 ? .none : try random.parameter("bias", [filters * groups]),
      ]
      let more = zip(attributes.stride, attributes.dilation).map { random.int(0...max($0, $1) - 1) }
      random.add(
        "up", .transposedConvolution(attributes, outputPadding: more), operands)
      try random.addBatchNorm("layer", .value("up"), features: filters * groups)
    }
  }

  /// Groups of few channels are convolved in blocks narrower than a vector.
  @Test(arguments: [2, 3, 5, 6]) func whatFollowsNarrowGroups(groups: Int) throws {
    try compare("\(groups) narrow groups", 4) { random in
      let x = try random.input("x", [random.int(1...3), 8 * groups] + random.ints(2, 4...9))
      let convolution = Operation.Convolution(
        stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: groups)
      let weight = try random.parameter("conv.weight", [4 * groups, 8, 3, 3])
      random.add("conv", .convolution(convolution), [x, weight, .none])
      random.add("sum", .add(scale: 1), [.value("conv"), .value("conv")])
      random.add("scaled", .multiplyScalar(2), [.value("sum")])
      random.add("relu", .activation(.relu), [.value("scaled")])
      try random.addBatchNorm("bn", .value("relu"), features: 4 * groups)
      random.add("out", .activation(.relu), [.value("bn")])
    }
  }

  @Test func groupNorms() throws {
    try compareLayers("norms", channels: [4, 12], sizes: 2...4) { random, x, channels in
      let weight = try random.parameter("weight", [channels])
      let bias = random.int(0...1) == 0 ? .none : try random.parameter("bias", [channels])
      random.add(
        "layer", .groupNorm(groups: random.element([1, 2, channels]), eps: 0.1), [x, weight, bias])
    }
  }

  @Test func attentions() throws {
    try compare("attentions", 20) { random in
      let (heads, depth) = (random.element([2, 4]), random.int(1...9))
      let sizes = random.ints(3, 1...9)
      let samples = random.int(1...3)
      let query = try random.input("q", [samples, heads, sizes[0], depth])
      let shared = random.element([1, 2, heads])
      let key = try random.input("k", [samples, shared, sizes[1], depth])
      let value = try random.input("v", [samples, shared, sizes[1], sizes[2]])
      let mask: Graph.Operand =
        random.int(0...1) == 0 ? .none : try random.input("m", [sizes[0], sizes[1]])
      let attributes = Operation.Attention(
        isCausal: random.int(0...1) == 0, sharesHeads: shared != heads)
      random.add("attention", .attention(attributes), [query, key, value, mask])
    }
  }

  /// Those that oneDNN computes as two products with a softmax between them.
  @Test func attentionsOfEveryHead() throws {
    try compare("attentions of every head", 20) { random in
      let (batch, depth) = (random.ints(random.int(0...2), 1...3), random.int(1...40))
      let sizes = random.ints(3, 1...20)
      let query = try random.input("q", batch + [sizes[0], depth])
      let key = try random.input("k", batch + [sizes[1], depth])
      let value = try random.input("v", batch + [sizes[1], sizes[2]])
      let heads = batch.suffix(random.int(0...batch.count)).map { random.int(0...3) == 0 ? 1 : $0 }
      let mask: Graph.Operand =
        random.int(0...2) == 0
        ? .none : try random.inputOrParameter("m", heads + [sizes[0], sizes[1]])
      let attributes = Operation.Attention(scale: random.element([nil, 0.3]))
      random.add("attention", .attention(attributes), [query, key, value, mask])
    }
  }

  @Test func products() throws {
    try compare("products", 40) { random in
      let sizes = random.ints(3, 1...20)
      let batch = random.ints(random.int(0...3), 1...3)
      // Some dimensions are broadcast, or are not there.
      let batches = (0..<2).map { _ in
        Array(batch.map { random.int(0...3) == 0 ? 1 : $0 }.dropFirst(random.int(0...1)))
      }
      let left = try random.input("a", batches[0] + [sizes[0], sizes[1]])
      let right = try random.inputOrParameter("b", batches[1] + [sizes[1], sizes[2]])
      random.add("product", .matrixMultiply, [left, right])
      random.add("softmax", .softmax(dimension: random.int(-2 ... -1)), [.value("product")])
      random.add("again", .add(scale: 1), [.value("softmax"), .value("product")])
    }
  }

  /// What is made of parameters alone is computed in the first pass, and nothing overwrites it.
  @Test func valuesThatDoNotDependOnInputs() throws {
    try compare("constants", 20) { random in
      let shape = random.ints(2, 1...20)
      let x = try random.input("x", [random.int(1...3)] + shape)
      let table = try random.parameter("table", [9, shape[1]])
      random.add(
        "part", .slice(dimension: 0, start: 0, end: .fixed(shape[0] % 9 + 1), step: 1), [table])
      random.add("sum", .sum(dimensions: [0], keepsDimensions: false), [.value("part")])
      random.add("positive", .activation(.relu), [.value("sum")])
      random.add("shifted", .add(scale: 1), [x, .value("positive")])
      random.add("row", .activation(.exponential), [.value("positive")])
      random.add("out", .multiply, [.value("shifted"), .value("row")])
      random.add("again", .add(scale: 1), [.value("out"), .value("sum")])
    }
  }

  @Test func layerNorms() throws {
    try compare("layer norms", 20) { random in
      let shape = random.ints(random.int(1...2), 1...20)
      let x = try random.input("x", random.ints(random.int(0...3), 1...4) + shape)
      let weight = random.int(0...2) == 0 ? .none : try random.parameter("weight", shape)
      let bias = random.int(0...2) == 0 ? .none : try random.parameter("bias", shape)
      random.add("layer", .layerNorm(shape: shape, eps: 0.1), [x, weight, bias])
      random.add("again", .add(scale: 1), [.value("layer"), x])
    }
  }

  @Test func paddingsOfAllKinds() throws {
    try compareLayers("paddings", channels: [1, 16], sizes: 3...5) { random, x, _ in
      let (before, after) = (random.ints(2, -1...1), random.ints(2, -1...2))
      let (first, second) = (before.map { Size.fixed($0) }, after.map { Size.fixed($0) })
      let copies = random.element(Operation.PaddingCopies.allCases)
      let isConstant = random.int(0...1) == 0
      random.add(
        "layer",
        isConstant
          ? .pad(before: first, after: second, value: 0.5)
          : .pad(before: first, after: second, by: copies), [x])
    }
  }

  @Test func maximaAndTheirIndices() throws {
    try compareLayers("maxima", channels: [1, 16], sizes: 4...7) { random, x, _ in
      let kernel = random.ints(2, 1...3)
      let pooling = Operation.Pooling(kernel: kernel, stride: kernel, padding: [0, 0])
      // Of the same numbers, so that the engines agree on which is the largest.
      random.add("pool", .maxPool(pooling), [.value("x")])
      random.add("indices", .maxPoolIndices(pooling), [.value("x")])
      random.add(
        "unpooled", .maxUnpool([.dimension(2, of: "x"), .dimension(3, of: "x")]),
        [.value("pool"), .value("indices")])
      random.add("largest", .adaptiveMaxPool(random.ints(2, 1...3)), [.value("unpooled")])
      random.add("peaks", .adaptiveMaxPool([1, 1]), [x])
      random.add("all", .sum(dimensions: [], keepsDimensions: true), [.value("largest")])
      random.add("layer", .add(scale: 1), [.value("peaks"), .value("all")])
    }
  }

  @Test func patches() throws {
    try compareLayers("patches", channels: [1, 4, 16], sizes: 3...6) { random, x, _ in
      let patches = Operation.Patches(
        kernel: random.ints(2, 1...3), stride: random.ints(2, 1...2),
        padding: random.ints(2, 0...1),
        dilation: [1, 1])
      random.add("columns", .im2col(patches), [x])
      random.add(
        "layer", .col2im(patches, sizes: [.dimension(2, of: "x"), .dimension(3, of: "x")]),
        [.value("columns")])
    }
  }

  @Test func slicesThatOverlap() throws {
    try compareLayers("slices that overlap", channels: [4, 16], sizes: 3...6) { random, x, _ in
      let (dimension, step) = (random.int(1...3), random.int(1...3))
      random.add(
        "first", .unfold(dimension: dimension, size: random.int(1...3), step: step), [x])
      random.add(
        "layer", .unfold(dimension: random.int(1...4), size: 1, step: 1), [.value("first")])
    }
  }

  @Test func shuffledPixels() throws {
    try compareLayers("shuffles", channels: [16, 32]) { random, x, _ in
      random.add("channels", .channelShuffle(groups: random.element([2, 4, 8])), [x])
      let factor = random.element([1, 2, 4])
      random.add("shuffled", .pixelShuffle(factor: factor), [.value("channels")])
      random.add("scaled", .multiplyScalar(2), [.value("shuffled")])
      random.add("layer", .pixelUnshuffle(factor: factor), [.value("scaled")])
    }
  }

  @Test func grids() throws {
    try compare("grids", 30) { random in
      let rank = random.element([2, 2, 3])
      let samples = random.int(1...2)
      let x = try random.input("x", [samples, random.element([1, 5])] + random.ints(rank, 1...5))
      let grid = try random.input("grid", [samples] + random.ints(rank, 1...4) + [rank])
      random.add("wide", .multiplyScalar(1.5), [grid])
      // Rounding decides which element is the nearest, so that mode is left out.
      let attributes = Operation.GridSample(
        mode: rank == 3 ? .linear : random.element([.linear, .cubic]),
        padding: random.element(Operation.GridSample.Padding.allCases),
        alignsCorners: random.int(0...1) == 0)
      random.add("out", .gridSample(attributes), [x, .value("wide")])
    }
  }

  @Test func recurrences() throws {
    try compare("recurrences", 20) { random in
      let cell = random.element(Operation.Recurrence.Cell.allCases)
      let attributes = Operation.Recurrence(
        cell, layers: random.int(1...2), isBidirectional: random.int(0...1) == 0,
        hasBiases: random.int(0...1) == 0, isBatchFirst: random.int(0...1) == 0)
      let (first, second, inputs, size) = (
        random.int(1...4), random.int(1...4), random.int(1...5), random.int(1...5)
      )
      let (directions, gates) = (
        attributes.isBidirectional ? 2 : 1, ["lstm": 4, "gru": 3][cell.rawValue] ?? 1
      )
      let cells = attributes.layers * directions
      var operands = [try random.input("x", [first, second, inputs])]
      for state in 0..<(cell == .lstm ? 2 : 1) {
        let batch = attributes.isBatchFirst ? first : second
        operands.append(try random.input("state\(state)", [cells, batch, size]))
      }
      for index in 0..<cells {
        let width = index < directions ? inputs : directions * size
        operands.append(try random.parameter("w\(index)", [gates * size, width]))
        operands.append(try random.parameter("u\(index)", [gates * size, size]))
        guard attributes.hasBiases else { continue }
        operands.append(try random.parameter("b\(index)", [gates * size]))
        operands.append(try random.parameter("c\(index)", [gates * size]))
      }
      random.add(
        "rnn", .recurrence(attributes), operands,
        outputs: cell == .lstm ? ["y", "h", "c"] : ["y", "h"])
    }
  }
}
