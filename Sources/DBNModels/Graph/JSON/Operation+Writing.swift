import DBNTensors

extension Operation {
  /// The members of a node's JSON that say what it does.
  var members: [JSON.Member] {
    switch self {
    case .convolution(let attributes): attributes.members
    case .batchNorm(let attributes): [kind("batchNorm")] + attributes.members
    case .activation(let function): function.members
    case .maxPool(let pooling): [kind("maxPool")] + pooling.members
    case .averagePool(let pooling): [kind("averagePool")] + pooling.members
    case .linear: [kind("linear")]
    case .matrixMultiply: [kind("matrixMultiply")]
    case .multiply: [kind("multiply")]
    case .divide: [kind("divide")]
    case .identity: [kind("identity")]
    case .maximum: [kind("maximum")]
    case .minimum: [kind("minimum")]
    case .choose: [kind("choose")]
    case .compare(let comparison):
      [kind("compare"), .init("comparison", .string(comparison.rawValue))]
    case .compareScalar(let comparison, let number):
      [
        kind("compareScalar"), .init("comparison", .string(comparison.rawValue)),
        .init("number", .double(number)),
      ]
    case .range(let start, let end, let step):
      [
        kind("range"), .init("start", start.json), .init("end", end.json),
        .init("step", .int(step)),
      ]
    case .add(let scale):
      [kind("add"), .init("scale", .double(scale))]
    case .addScalar(let number):
      [kind("addScalar"), .init("number", .double(number))]
    case .multiplyScalar(let number):
      [kind("multiplyScalar"), .init("number", .double(number))]
    case .divideScalar(let number):
      [kind("divideScalar"), .init("number", .double(number))]
    case .fill(let number):
      [kind("fill"), .init("number", .double(number))]
    case .full(let sizes, let number):
      [kind("full"), .init("sizes", .sizes(sizes)), .init("number", .double(number))]
    case .adaptiveAveragePool(let sizes):
      [kind("adaptiveAveragePool"), .init("sizes", .ints(sizes))]
    case .mean(let dimensions, let keepsDimensions):
      [
        kind("mean"), .init("dimensions", .ints(dimensions)),
        .init("keeps", .bool(keepsDimensions)),
      ]
    case .sum(let dimensions, let keepsDimensions):
      [kind("sum"), .init("dimensions", .ints(dimensions)), .init("keeps", .bool(keepsDimensions))]
    case .concatenate(let dimension):
      [kind("concatenate"), .init("dimension", .int(dimension))]
    case .chunk(let count, let dimension):
      [kind("chunk"), .init("count", .int(count)), .init("dimension", .int(dimension))]
    case .split(let sizes, let dimension):
      [kind("split"), .init("sizes", .ints(sizes)), .init("dimension", .int(dimension))]
    case .flatten(let start, let end):
      [kind("flatten"), .init("start", .int(start)), .init("end", .int(end))]
    case .reshape(let sizes):
      [kind("reshape"), .init("sizes", .sizes(sizes))]
    case .expand(let sizes):
      [kind("expand"), .init("sizes", .sizes(sizes))]
    case .permute(let order):
      [kind("permute"), .init("order", .ints(order))]
    case .unsqueeze(let dimension):
      [kind("unsqueeze"), .init("dimension", .int(dimension))]
    case .squeeze(let dimensions):
      [kind("squeeze"), .init("dimensions", .ints(dimensions))]
    case .slice(let dimension, let start, let end, let step):
      [
        kind("slice"), .init("dimension", .int(dimension)), .init("start", start.json),
        .init("end", end.json), .init("step", .int(step)),
      ]
    case .select(let dimension, let index):
      [kind("select"), .init("dimension", .int(dimension)), .init("index", .int(index))]
    case .sliceScatter(let dimension, let start, let end, let step):
      [
        kind("sliceScatter"), .init("dimension", .int(dimension)), .init("start", start.json),
        .init("end", end.json), .init("step", .int(step)),
      ]
    case .selectScatter(let dimension, let index):
      [kind("selectScatter"), .init("dimension", .int(dimension)), .init("index", .int(index))]
    case .pad(let before, let after, let value):
      [
        kind("pad"), .init("before", .sizes(before)), .init("after", .sizes(after)),
        .init("value", .double(value)),
      ]
    case .layerNorm(let shape, let eps):
      [kind("layerNorm"), .init("shape", .ints(shape)), .init("eps", .double(eps))]
    case .softmax(let dimension):
      [kind("softmax"), .init("dimension", .int(dimension))]
    case .logSoftmax(let dimension):
      [kind("logSoftmax"), .init("dimension", .int(dimension))]
    }
  }
}

extension Activation {
  fileprivate var members: [JSON.Member] {
    switch self {
    case .relu: [kind("relu")]
    case .hardTanh(let minimum, let maximum):
      [kind("hardTanh"), .init("minimum", .double(minimum)), .init("maximum", .double(maximum))]
    case .hardSwish: [kind("hardSwish")]
    case .hardSigmoid: [kind("hardSigmoid")]
    case .silu: [kind("silu")]
    case .sigmoid: [kind("sigmoid")]
    case .gelu(let usesTanh):
      [kind("gelu"), .init("tanh", .bool(usesTanh))]
    case .tanh: [kind("tanh")]
    case .leakyReLU(let slope):
      [kind("leakyReLU"), .init("slope", .double(slope))]
    case .elu(let alpha):
      [kind("elu"), .init("alpha", .double(alpha))]
    case .softplus(let beta, let threshold):
      [kind("softplus"), .init("beta", .double(beta)), .init("threshold", .double(threshold))]
    case .mish: [kind("mish")]
    case .power(let exponent):
      [kind("power"), .init("exponent", .double(exponent))]
    case .squareRoot: [kind("squareRoot")]
    case .reciprocalSquareRoot: [kind("reciprocalSquareRoot")]
    case .reciprocal: [kind("reciprocal")]
    case .exponential: [kind("exponential")]
    case .exponentialMinusOne: [kind("exponentialMinusOne")]
    case .logarithm: [kind("logarithm")]
    case .logarithmOfOnePlus: [kind("logarithmOfOnePlus")]
    case .errorFunction: [kind("errorFunction")]
    case .negative: [kind("negative")]
    case .absolute: [kind("absolute")]
    }
  }
}

extension Operation.Convolution {
  fileprivate var members: [JSON.Member] {
    [
      kind("convolution"), .init("stride", .ints(stride)), .init("padding", .ints(padding)),
      .init("dilation", .ints(dilation)), .init("groups", .int(groups)),
    ]
  }
}

extension Operation.Pooling {
  fileprivate var members: [JSON.Member] {
    [
      .init("kernel", .ints(kernel)), .init("stride", .ints(stride)),
      .init("padding", .ints(padding)), .init("dilation", .ints(dilation)),
      .init("ceil", .bool(usesCeiling)), .init("counts_padding", .bool(countsPadding)),
      .init("divisor", divisor.map { .int($0) } ?? .null),
    ]
  }
}

private func kind(_ name: String) -> JSON.Member { JSON.Member("operation", .string(name)) }

extension JSON {
  fileprivate static func sizes(_ sizes: [Size]) -> JSON { .array(sizes.map(\.json)) }
}
