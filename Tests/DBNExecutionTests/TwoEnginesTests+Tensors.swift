import DBNModels
import DBNTestSupport
import DBNTensors
import Testing

/// Operations that the oneDNN engine computes by their definition, between others that it has
/// kernels for.
extension TwoEnginesTests {
  /// Adds integers below a limit, as a graph makes them of its input: `floor(x * n)` of numbers
  /// from 0 up to 1.
  private func addIndices(
    _ random: inout RandomGraph, _ name: String, _ shape: [Int], below limit: Int
  ) throws -> Graph.Operand {
    let x = try random.input("\(name).x", shape)
    random.add("\(name).half", .multiplyScalar(0.49), [x])
    random.add("\(name).unit", .addScalar(0.5), [.value("\(name).half")])
    random.add("\(name).wide", .multiplyScalar(Double(limit)), [.value("\(name).unit")])
    random.add(name, .convert(to: .int64), [.value("\(name).wide")])
    return .value(name)
  }

  @Test func elementsByIndices() throws {
    try compare("indices", 60) { random in
      let shape = random.ints(random.int(1...4), 1...5)
      let (rank, x) = (shape.count, try random.input("x", shape))
      random.add("scaled", .multiplyScalar(2), [x])
      let dimension = random.int(0...rank - 1)
      switch random.int(0...4) {
      case 0:
        let indices = try addIndices(
          &random, "i", random.ints(random.int(0...2), 1...4), below: shape[dimension])
        random.add("out", .indexSelect(dimension: dimension), [.value("scaled"), indices])
      case 1:
        let wanted = shape.map { random.int(1...$0) }
        let indices = try addIndices(&random, "i", wanted, below: shape[dimension])
        random.add("out", .gather(dimension: dimension), [.value("scaled"), indices])
      case 2:
        let dimensions = Array(random.shuffled(rank).prefix(random.int(1...rank))).sorted()
        let indices = try dimensions.map { dimension in
          let count = random.element([1, 3])
          return try addIndices(&random, "i\(dimension)", [count], below: shape[dimension])
        }
        random.add("out", .index(dimensions: dimensions), [.value("scaled")] + indices)
      case 3:
        let indices = try addIndices(&random, "i", [3], below: shape[dimension])
        let value = try random.input("v", [1])
        random.add(
          "out", .indexPut(dimensions: [dimension], accumulates: true),
          [.value("scaled"), value, indices])
      default:
        let wanted = shape.map { random.int(1...$0) }
        let indices = try addIndices(&random, "i", wanted, below: shape[dimension])
        let source = try random.input("s", wanted)
        let meeting = random.element(Operation.ScatterMeeting.allCases)
        random.add(
          "out", .scatter(dimension: dimension, meeting, includesTarget: random.int(0...1) == 0),
          [.value("scaled"), indices, source])
      }
      random.add("last", .addScalar(1), [.value("out")])
    }
  }

  private static let reductions: [ReductionFunction] = [
    .largest, .smallest, .product, .any, .all, .logSumExp, .norm(order: 2), .norm(order: 1),
    .norm(order: .infinity), .norm(order: 3), .variance(correction: 1), .variance(correction: 0),
  ]

  @Test func reductionsAndOrders() throws {
    try compare("reductions", 80) { random in
      let shape = random.ints(random.int(1...4), 2...5)
      let (rank, x) = (shape.count, try random.input("x", shape))
      random.add("scaled", .multiplyScalar(3), [x])
      let (dimension, keeps) = (random.int(0...rank - 1), random.int(0...1) == 0)
      switch random.int(0...3) {
      case 0:
        let dimensions = Array(random.shuffled(rank).prefix(random.int(0...rank)))
        random.add(
          "out",
          .reduce(
            random.element(Self.reductions), dimensions: dimensions, keepsDimensions: keeps),
          [.value("scaled")])
      case 1:
        random.add(
          "out",
          .orderStatistic(
            random.element(Operation.OrderStatistic.allCases), dimension: dimension,
            keepsDimensions: keeps), [.value("scaled")], outputs: ["value", "index"])
      case 2:
        random.add(
          "out", .sort(dimension: dimension, descending: keeps), [.value("scaled")],
          outputs: ["values", "indices"])
      default:
        random.add(
          "out", .accumulate(keeps ? .sum : .product, dimension: dimension), [.value("scaled")])
      }
    }
  }

  @Test func runningExtremesAndQuantiles() throws {
    try compare("running extremes and quantiles", 40) { random in
      let shape = random.ints(random.int(1...4), 2...5)
      let x = try random.input("x", shape)
      random.add("scaled", .multiplyScalar(3), [x])
      let (dimension, isFirst) = (random.int(0...shape.count - 1), random.int(0...1) == 0)
      switch random.int(0...2) {
      case 0:
        random.add(
          "out", .runningExtreme(isLargest: isFirst, dimension: dimension), [.value("scaled")],
          outputs: ["values", "indices"])
      case 1:
        random.add(
          "out", .accumulate(.logSumExp, dimension: dimension), [.value("scaled")])
      default:
        random.add(
          "places", .linearSpace(start: 0.1, end: 0.9, count: .fixed(random.int(1...3))), [])
        let interpolation = random.element(Operation.QuantileInterpolation.allCases)
        random.add(
          "out", .quantile(interpolation, dimension: dimension, keepsDimensions: isFirst),
          [.value("scaled"), .value("places")])
      }
    }
  }

  @Test(arguments: UnaryFunction.allCases) func functionsOfOneNumber(function: UnaryFunction) throws
  {
    try compare("\(function)", 3) { random in
      let x = try random.input("x", random.ints(random.int(0...4), 1...5))
      random.add("half", .multiplyScalar(0.5), [x])
      // Away from the steps of functions that round, and within the domain of the others.
      let shift: Double = function == .inverseHyperbolicCosine ? 1.75 : 0.25
      random.add("shifted", .addScalar(shift), [.value("half")])
      random.add("positive", .activation(.absolute), [.value("shifted")])
      random.add("above", .addScalar(0.03125), [.value("positive")])
      random.add("out", .unary(function), [.value("above")])
    }
  }

  @Test(arguments: BinaryFunction.allCases)
  func functionsOfTwoNumbers(function: BinaryFunction) throws {
    try compare("\(function)", 3) { random in
      let shape = random.ints(random.int(0...3), 1...5)
      let x = try addIndices(&random, "i", shape, below: 30)
      let y = try addIndices(&random, "j", Array(shape.dropFirst()), below: 7)
      random.add("divisor", .addScalar(1), [y])
      random.add("out", .binary(function), [x, .value("divisor")])
    }
  }

  @Test func otherArrangements() throws {
    try compare("other arrangements", 60) { random in
      let shape = random.ints(random.int(2...4), 1...5)
      let (rank, x) = (shape.count, try random.input("x", shape))
      random.add("scaled", .multiplyScalar(2), [x])
      let (order, wide) = (random.shuffled(rank), random.ints(rank + 1, 1...9))
      let operation: Operation =
        switch random.int(0...6) {
        case 0:
          .expand([.fixed(wide[0])] + zip(wide[1...], shape).map { .fixed($1 == 1 ? $0 : $1) })
        case 6: .repeated(random.ints(rank + random.int(0...1), 0...3).map { .fixed($0) })
        case 1: .flip(dimensions: Array(order.prefix(random.int(0...rank))))
        case 2: .roll(shifts: random.ints(2, -7...7), dimensions: Array(order.prefix(2)))
        case 3: .diagonal(offset: random.int(-6...6), first: order[0], second: order[1])
        case 4: .triangle(isUpper: random.int(0...1) == 0, offset: random.int(-6...6))
        default: .convert(to: .bool)
        }
      random.add("out", operation, [.value("scaled")])
    }
  }

  @Test func sumsOfProducts() throws {
    let equations = [
      "bij,bjk->bik", "ij,jk", "...ij,...kj->...ik", "bij,bij->b", "bij->j", "bii->bi", "i,j->ij",
    ]
    try compare("einsum", 30) { random in
      let equation = random.element(equations)
      let size = random.int(1...6)
      let operands = try equation.prefix { $0 != "-" }.split(separator: ",").enumerated().map {
        index, term in
        try random.input(
          "x\(index)", Array(repeating: size, count: term.replacing("...", with: "b").count))
      }
      random.add("out", .einsum(equation), operands)
      random.add("last", .multiplyScalar(0.5), [.value("out")])
    }
  }

  /// oneDNN has no values without dimensions: what is done to them is computed by definition.
  @Test func valuesWithoutDimensions() throws {
    try compare("scalars", 30) { random in
      let x = try random.input("x", random.ints(random.int(0...2), 1...4))
      random.add("mean", .mean(dimensions: [], keepsDimensions: false), [x])
      var value = Graph.Operand.value("mean")
      for index in 0..<random.int(1...4) {
        let name = "step\(index)"
        switch random.int(0...4) {
        case 0: random.add(name, .activation(random.element(Self.activations)), [value])
        case 1: random.add(name, .multiplyScalar(2), [value])
        case 2: random.add(name, .add(scale: 1), [value, .value("mean")])
        case 3: random.add(name, .multiply, [.value("mean"), value])
        default: random.add(name, .addScalar(-0.5), [value])
        }
        value = .value(name)
      }
      random.add("out", .multiply, [x, value])
    }
  }
}
