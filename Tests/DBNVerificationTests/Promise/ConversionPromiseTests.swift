import DBNBatchNorm
import DBNComparison
import DBNTensors
import DBNTestSupport
import DBNVerification
import Testing

/// What a conversion that loses something promised is checked by arithmetic of its own.
struct ConversionPromiseTests {
  private static let rules: [MergeRule] = [.first, .mean, .pooled, .replica(2)]
  private static let targets: [BatchNormLayout] = [
    .standard, .replicated, .ghost, .split, .sub, .frozen, .keras,
  ]

  /// Means far from zero beside small variances, and numbers whose float32 sums are rounded.
  private let drifted: StateDict

  init() throws {
    var random = SeededGenerator(13)
    func row(_ center: Double, _ range: ClosedRange<Double>) -> [Double] {
      (0..<3).map { _ in center + Double.random(in: range, using: &random) }
    }
    drifted = try .batchNorm(
      means: (0..<4).map { _ in row(1e3, -1...1) },
      variances: (0..<4).map { _ in row(0, 1e-4...9) },
      counters: [7, 8, 9, 3])
  }

  private func converted(
    to layout: BatchNormLayout, _ rule: MergeRule?, worldSize: Int?
  ) throws -> BatchNormConversion {
    try drifted.converting(to: layout, worldSize: worldSize, merging: rule)
  }

  /// The errors of the numbers that were rounded, and of no others.
  @Test func theErrorOfRoundingIsMeasured() throws {
    var source = StateDict()
    source["w"] = try .float32([0.1, 3])
    source["kept"] = try .float32([1e6])
    var promise = ConversionPromise(cast: .float16)
    promise.uncast = ["kept"]
    var written = source
    written["w"] = try Tensor(rounding: [0.1, 3], to: .float16, shape: [2])
    let result = try promise.check(source, written)
    let error = abs(0.0999755859375 - Double(Float(0.1)))
    let norm = (9 + Double(Float(0.1)) * Double(Float(0.1))).squareRoot()
    #expect(result.isKept && result.cast == 1 && result.rounding.maxAbsolute == error)
    #expect(abs(result.rounding.relativeError / (error / norm) - 1) < 1e-12)
  }

  @Test(arguments: rules, targets)
  func everyRuleIntoEveryLayoutIsKept(rule: MergeRule, layout: BatchNormLayout) throws {
    for worldSize in [4, 6] {
      let conversion = try converted(
        to: layout, rule, worldSize: layout.buffers == .rows ? worldSize : nil)
      let result = try ConversionPromise(conversion).check(drifted, conversion.stateDict)
      #expect(result.isKept && result.merged == 1 && result.kept == 1, "\(result.broken)")
    }
  }

  @Test(arguments: targets.filter { $0.buffers == .rows && $0 != .replicated })
  func rowsThatAreKeptAreProvenRowByRow(layout: BatchNormLayout) throws {
    let conversion = try converted(to: layout, nil, worldSize: nil)
    let result = try ConversionPromise(conversion).check(drifted, conversion.stateDict)
    #expect(result.isKept && result.merged == 1, "\(result.broken)")
  }

  /// Any number that a conversion writes, moved by one unit in the last place.
  @Test(arguments: rules, targets)
  func oneUnitInTheLastPlaceBreaksIt(rule: MergeRule, layout: BatchNormLayout) throws {
    let conversion = try converted(to: layout, rule, worldSize: layout.buffers == .rows ? 4 : nil)
    let promise = ConversionPromise(conversion)
    for (name, tensor) in conversion.stateDict.tensors {
      var nudged = conversion.stateDict
      var values = try tensor.doubles()
      if tensor.scalarType == .int64 {
        nudged[name] = try Tensor(values.map { Int($0) + 1 }, shape: tensor.shape)
      } else {
        values[values.count - 1] = Double(Float(values[values.count - 1]).nextUp)
        nudged[name] = try .float32(values, tensor.shape)
      }
      let result = try promise.check(drifted, nudged)
      // What all devices share is device 0's too in the split layout.
      #expect((1...2).contains(result.broken.count), "\(name): \(result.broken)")
    }
  }

  @Test func whatIsMissingOrNewBreaksIt() throws {
    let conversion = try converted(to: .standard, .pooled, worldSize: nil)
    let promise = ConversionPromise(conversion)
    for name in conversion.stateDict.names {
      var fewer = StateDict()
      for (other, tensor) in conversion.stateDict.tensors where other != name {
        fewer[other] = tensor
      }
      #expect(try !promise.check(drifted, fewer).isKept, "\(name)")
    }
    let replaced = try converted(to: .keras, .pooled, worldSize: nil)
    var both = replaced.stateDict
    both["bn.running_mean"] = drifted["bn.running_mean"]
    #expect(try !ConversionPromise(replaced).check(drifted, both).isKept)
    var more = conversion.stateDict
    more["extra"] = try .float32([1])
    #expect(try promise.check(drifted, more).broken.map(\.name) == ["extra"])
  }

  @Test(arguments: [ScalarType.float16, .bfloat16, .float64])
  func aCastNumberThatIsNotTheNearestBreaksIt(type: ScalarType) throws {
    let cast = try drifted.casting(to: type).stateDict
    let promise = ConversionPromise(cast: type)
    let result = try promise.check(drifted, cast)
    #expect(result.isKept && result.cast == 5 && result.kept == 1, "\(result.broken)")
    for (name, tensor) in cast.tensors where tensor.scalarType == type {
      var bytes = try tensor.storage.withBytes { $0.withUnsafeBytes { Array($0) } }
      bytes[0] ^= 1
      var nudged = cast
      nudged[name] = try Tensor(
        type, shape: tensor.shape, storage: TensorStorage(ByteRegion(bytes)))
      #expect(try promise.check(drifted, nudged).broken.map(\.name) == [name])
    }
    #expect(try !promise.check(drifted, drifted).isKept)
  }

  @Test func statisticsThatWereNotToBeCastAreNot() throws {
    let names: Set<CheckpointDictionary.Key> = [
      .string("bn.running_mean"), .string("bn.running_var"),
    ]
    var promise = ConversionPromise(cast: .float16)
    promise.uncast = names
    let kept = try drifted.casting(to: .float16, except: names).stateDict
    #expect(try promise.check(drifted, kept).isKept)
    let all = try drifted.casting(to: .float16).stateDict
    #expect(try promise.check(drifted, all).broken.count == 2)
  }
}
