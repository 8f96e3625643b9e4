import DBNBatchNorm
import DBNCheckpoints
import DBNComparison
import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import DBNVerification
import Synchronization
import Testing

/// No two checkpoints that differ in anything are called equal, whatever it is and however they are
/// compared; and with a tolerance the verdict is what Float64 arithmetic says.
struct ChangedPairTests {
  static let layouts: [BatchNormLayout] = [
    .standard, .replicated, .ghost, .split, .sub, .frozen, .keras, .nested,
  ]

  /// How two checkpoints are compared.
  struct Way: CustomStringConvertible {
    let mode: ExecutionMode
    /// nil: every BatchNorm by itself.
    let engine: Engine?
    let tolerance: NumberComparison.Tolerance
    let samples: Int?

    var description: String {
      "\(mode.rawValue), \(engine?.rawValue ?? "without a model"), "
        + "\(tolerance.absolute) + \(tolerance.relative) b, batch of \(samples ?? 0)"
    }

    static let all: [Way] = ExecutionMode.allCases.flatMap { mode in
      alone.map { Way(mode: mode, engine: nil, tolerance: $0, samples: $1) }
        + Engine.allCases.filter(\.isAvailable).flatMap { engine in
          run.map { Way(mode: mode, engine: engine, tolerance: $0, samples: $1) }
        }
    }

    private typealias Measure = (NumberComparison.Tolerance, samples: Int?)

    /// Every BatchNorm by itself.
    private static let alone: [Measure] =
      run + [(.init(), 12), (.init(absolute: 1e-3), nil)]

    /// A model, which takes longer.
    private static let run: [Measure] = [
      (.init(), nil), (.init(absolute: 0.5), 8), (.init(absolute: 1e-5, relative: 0.01), nil),
    ]
  }

  private static let graph = Graph(
    name: "small", inputs: [.init("x", shape: [nil, 2, 3, 3])],
    nodes: [
      .init(
        "conv", .convolution(.init(stride: [1, 1], padding: [0, 0], dilation: [1, 1])),
        [.value("x"), .parameter("conv.weight"), .none]),
      .init("bn", .batchNorm(.init(module: "bn", NormModule(numFeatures: 2))), [.value("conv")]),
      .init("relu", .activation(.relu), [.value("bn")]),
    ], outputs: ["relu"], parameters: [])

  /// A model of a convolution and two BatchNorms of four devices, one of which no graph runs.
  private func model(_ layout: BatchNormLayout) throws -> StateDict {
    var model = try StateDict.batchNorm(
      means: [[0.5, -3]], variances: [[2, 0.125]], counters: [70_000])
    let head = try StateDict.batchNorm(
      means: [[3, 0.25]], variances: [[0.5, 8]], counters: [70_000], name: "head.norm")
    for (name, tensor) in head.tensors where name != "conv.weight" { model[name] = tensor }
    model["fc.weight"] = try .float32([0.25, -8, 1e-3], [3, 1])
    if layout == .standard { return model }
    return try model.converting(to: layout, worldSize: layout.buffers == .rows ? 4 : nil).stateDict
  }

  private func checkpoint(_ stateDict: StateDict) -> Checkpoint {
    var root = CheckpointDictionary()
    root.set(.string("epoch"), to: .int(3))
    root.set(.string("state_dict"), to: .dictionary(stateDict.dictionary))
    return Checkpoint(root: .dictionary(root))
  }

  private func result(
    _ a: Checkpoint, _ b: Checkpoint, _ way: Way, _ layout: BatchNormLayout
  ) throws -> VerificationResult {
    var verification = CheckpointVerification()
    verification.batchNorms.mode = way.mode
    verification.batchNorms.tolerance = way.tolerance
    verification.batchNorms.samples = way.samples
    if layout == .nested { verification.batchNorms.layouts = [layout] }
    if let engine = way.engine {
      var run = ModelVerification(Self.graph, engine: engine)
      run.mode = way.mode
      run.tolerance = way.tolerance
      run.samples = way.samples
      verification.model = (run, Checkpoint.Model(graph: Self.graph))
    }
    return try verification.compare(a, b)
  }

  /// Errors that are an answer too: the two are no models of one kind, or one cannot be run.
  private static let refusals: Set<CheckpointError.Code> = [
    .batchNormsDiffer, .missingOperand, .shapeMismatch, .unexpectedLayout, .notFinite,
    .unsupportedScalarType,
  ]

  /// nil: refused, with an error that says that the two are not alike.
  private func verdict(
    _ a: Checkpoint, _ b: Checkpoint, _ way: Way, _ layout: BatchNormLayout
  ) throws -> VerificationResult? {
    do {
      return try result(a, b, way, layout)
    } catch let error as CheckpointError where Self.refusals.contains(error.code) {
      return nil
    }
  }

  /// The ways in which checkpoints of a layout can be compared.
  private func ways(_ layout: BatchNormLayout) -> [Way] {
    Way.all.filter { way in
      let runs = way.engine == nil || ![.keras, .nested].contains(layout)
      return runs && (way.mode == .evaluation || ![.split, .sub].contains(layout))
    }
  }

  @Test(arguments: layouts)
  func noPairThatDiffersIsCalledEqual(layout: BatchNormLayout) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed)
    let original = try model(layout)
    let a = checkpoint(original)
    let changes = try Change.all(of: original, using: &random)
    var (pairs, refused, equal) = (0, 0, 0)
    for way in ways(layout) {
      #expect(try result(a, a, way, layout).isBitIdentical, "\(way)")
      for change in changes {
        pairs += 1
        let found = try verdict(a, checkpoint(change.stateDict), way, layout)
        guard let result = found else {
          refused += 1
          continue
        }
        let what: Comment = "seed \(seed), \(layout): \(change); \(way)"
        #expect(!result.isBitIdentical, what)
        if way.tolerance.isExact { #expect(!result.isEqual, what) }
        guard let number = change.number else { continue }
        if result.isEqual { equal += 1 }
        #expect(result.isEqual == isEqual(number, result, way.tolerance), what)
      }
    }
    print(
      "\(layout): \(pairs) pairs, \(refused) refused, \(equal) equal within a tolerance, seed \(seed)"
    )
    #expect(pairs >= 500 && equal > 0 && refused < pairs / 2)
  }

  /// Each change again, of checkpoints that are read from files of the two formats.
  @Test(arguments: ["pth", "h5", "safetensors"], [BatchNormLayout.replicated, .split, .sub])
  func noFormatHidesAChange(suffix: String, layout: BatchNormLayout) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed)
    let folder = try TemporaryFolder()
    let original = try model(layout)
    var pairs = 0
    for (index, other) in ["pth", "h5", "safetensors"].enumerated() {
      let path = folder.file("a.\(other)")
      try checkpoint(original).write(to: path)
      let a = try Checkpoint.open(path)
      let changes = try Change.all(of: original, using: &random).shuffled(using: &random)
      for (number, change) in changes.prefix(25).enumerated() {
        let changed = folder.file("\(index)-\(number).\(suffix)")
        try checkpoint(change.stateDict).write(to: changed)
        let b = try Checkpoint.open(changed)
        let what: Comment = "seed \(seed): \(change)"
        if let result = try verdict(a, b, Way.all[0], layout) { #expect(!result.isEqual, what) }
        let difference = try CheckpointDifference(
          a, entry: try a.findStateDict().entry, b, entry: try b.findStateDict().entry)
        #expect(!difference.isEqual, what)
        pairs += 1
      }
    }
    #expect(pairs == 75)
  }

  /// Optimizers and other values are for `diff`; a verdict names them as not compared.
  @Test func whatIsOutsideTheModelsIsNamedAndFoundByDiff() throws {
    let model = try model(.replicated)
    func with(_ key: String, _ value: CheckpointValue) throws -> Checkpoint {
      var root = try #require(checkpoint(model).root.dictionary)
      root.set(.string("epoch"), to: .int(3))
      root.set(.string("loss"), to: .tensor(try Tensor([1], shape: [])))
      root.set(.string(key), to: value)
      return Checkpoint(root: .dictionary(root))
    }
    let a = try with("epoch", .int(3))
    let others = [
      try with("epoch", .int(4)), try with("loss", .tensor(try Tensor([2], shape: []))),
      try with("loss", .none), try with("note", .string("b")),
    ]
    for b in others {
      #expect(try !CheckpointDifference(a, entry: nil, b, entry: nil).isEqual)
      let result = try CheckpointVerification().compare(a, b)
      #expect(result.isBitIdentical && result.scope.pairs.map { "\($0.a)" } == ["state_dict"])
      #expect(result.scope.restOfFirst.map(\.name) == ["loss", "other values"])
      #expect(!result.scope.restOfSecond.isEmpty)
    }
  }

  /// |a - b| <= absolute + relative * |b|, of the number that was changed and of every output.
  private func isEqual(
    _ number: Change.Number, _ result: VerificationResult, _ tolerance: NumberComparison.Tolerance
  ) -> Bool {
    let distance = (number.before - number.after).magnitude
    let isNear =
      distance.isFinite
      && distance <= tolerance.absolute + tolerance.relative * number.after.magnitude
    return isNear && result.outputsAreEqual
  }
}
