import DBNBatchNorm
import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// Programs whose BatchNorms are used in other ways than `nn.BatchNorm2d` by itself, against PyTorch
/// in float64: the reference within 1e-12 of each tensor's largest number, oneDNN within 1e-4.
struct BatchNormProgramTests {
  @Test(.oneDNN, arguments: try RecordedProgram.ofBatchNorms())
  func oneDNNAgreesToo(program: RecordedProgram) throws {
    for call in try program.calls() {
      try program.check(call, mode: nil, engine: .oneDNN, tolerance: 1e-4)
    }
  }

  /// Twice, since an executor keeps a plan for the next pass.
  @Test(.oneDNN, arguments: try programs("partly-frozen-train"))
  func aKeptPlanHasTheMovedStatistics(program: RecordedProgram) throws {
    let checkpoint = try program.open()
    let graph = try #require(try checkpoint.model()).graph
    let inputs = try program.calls()[0].inputs.mapValues { try DenseArray($0) }
    var (a, b): (any Executor, any Executor) = (
      try Engine.reference.executor(graph, checkpoint.stateDict()),
      try Engine.oneDNN.executor(
        graph, checkpoint.stateDict(), options: ExecutionOptions(roundsToFloat32: true))
    )
    for mode in [nil, .training, nil, .evaluation] as [ExecutionMode?] {
      let (expected, outputs) = (
        try a.run(inputs, mode: mode)[0].values, try b.run(inputs, mode: mode)[0].values
      )
      let scale = expected.map(abs).max() ?? 0
      #expect(zip(expected, outputs).allSatisfy { abs($0 - $1) <= 1e-4 * scale })
    }
    for (name, module) in a.batchNorms {
      let other = try #require(b.batchNorms[name]).rows[0].mean
      #expect(zip(module.rows[0].mean, other).allSatisfy { abs($0 - $1) <= 1e-4 })
    }
  }

  @Test(
    arguments: try programs("partly-frozen-train", "momentum-zero", "momentum-zero-train"),
    [ExecutionMode.evaluation, .training])
  func aGivenModeOverridesThatOfEveryBatchNorm(
    program: RecordedProgram, mode: ExecutionMode
  ) throws {
    try program.check(program.call(in: mode), mode: mode, engine: .reference, tolerance: 1e-12)
  }

  @Test(arguments: try programs("partly-frozen-train"))
  func everyBatchNormHasTheModeOfItsExport(program: RecordedProgram) throws {
    let graph = try #require(try program.open().model()).graph
    let modes = graph.nodes.compactMap(\.operation.batchNorm?.exportedMode)
    #expect(modes == [.evaluation, .training])
    #expect(graph.mode(given: nil) == nil && graph.mode(given: .training) == .training)
    #expect(try Graph(parsing: graph.json.text()) == graph)
    #expect(graph.noteOverridden(by: nil) == nil)
    #expect(graph.noteOverridden(by: .training)?.contains("1 of 2 BatchNorms") == true)
    #expect(graph.noteOverridden(by: .evaluation)?.contains("'live'") == true)
  }

  /// PyTorch exports `momentum=None` in evaluation as 0 too, and can't export it in training.
  @Test(
    arguments: [
      ("momentum-zero", 1), ("momentum-none", 1), ("momentum-zero-train", 0),
      ("partly-frozen-train", 0),
    ], ["2.13"])
  func aMomentumOfZeroThatMayBeAnAverageIsNoted(
    noted: (name: String, count: Int), version: String
  ) throws {
    let program = RecordedProgram(folder: "batch-norms", version: version, name: noted.name)
    let graph = try #require(try program.open().model()).graph
    var settings = BatchNormSettingsTable()
    let note = graph.noteMomentum(given: .training, knowing: settings)
    #expect((note == nil ? 0 : 1) == noted.count)
    #expect(graph.noteMomentum(given: nil, knowing: settings) == nil)
    settings["0"] = BatchNormSettings(momentum: .cumulative)
    #expect(graph.noteMomentum(given: .training, knowing: settings) == nil)
  }

  /// What the note advises: with a cumulative average, the result is that of `momentum=None`.
  @Test(arguments: try programs("momentum-none"))
  func aStatedMomentumIsUsed(program: RecordedProgram) throws {
    let checkpoint = try program.open()
    let call = try program.call(in: .training)
    var settings = BatchNormSettingsTable()
    settings["0"] = BatchNormSettings(momentum: .cumulative)
    let graph = try #require(try checkpoint.model()).graph.applying(settings).graph
    var executor = try ReferenceExecutor(graph, try checkpoint.stateDict())
    _ = try executor.run(call.inputs.mapValues { try DenseArray($0) }, mode: .training)
    let means = try #require(executor.batchNorms["0"]).rows[0].mean
    let expected = try #require(call.after["0.running_mean"]).doubles()
    let scale = expected.map(abs).max() ?? 0
    #expect(zip(means, expected).allSatisfy { abs($0 - $1) <= 1e-12 * scale })
  }

  /// A distributed BatchNorm that is written in Python: the first version of the original, exported.
  @Test(arguments: try programs("rows", "rows-train", "rows-any-batch", "rows-chunks-train"))
  func rowsOfOneBufferAreOneDistributedBatchNorm(program: RecordedProgram) throws {
    let model = try #require(try program.open().model())
    let norms = model.graph.nodes.compactMap(\.operation.batchNorm)
    try #require(norms.count == 1)
    #expect(norms[0].module == "norm" && norms[0].norm.layout == .replicated)
    #expect(norms[0].norm.worldSize == (program.name == "rows-chunks-train" ? 4 : 2))
    #expect(model.graph.nodes.map(\.name) == ["conv", "norm", "relu"])
    #expect(model.notes.isEmpty)
  }

  /// Nothing is left out without a word: what each pass begins with, and which changes are not saved.
  @Test(arguments: [
    ("changing-train", ["3 of its tensors", "'average'", "a saved state has the new"]),
    ("functional", ["every mode", "1 BatchNorm"]),
    (
      "functional-train",
      ["every mode", "2 of its tensors", "'average'", "a saved state has the stored"]
    ),
    ("one-row-train", ["every mode", "2 of its tensors", "'norm.running_mean'"]),
    ("ghost", ["every mode"]), ("ghost-train", ["every mode", "2 of its tensors"]),
    ("shared-affine-train", []), ("borrowed-train", []), ("standardised", []),
    ("accumulation-step-1-train", []), ("partly-frozen-train", []),
  ])
  func whatAPassDoesNotKeepIsNoted(noted: (program: String, notes: [String])) throws {
    for version in ["2.13"] + (noted.program == "changing-train" ? ["2.15"] : []) {
      let program = RecordedProgram(folder: "batch-norms", version: version, name: noted.program)
      let text = try #require(try program.open().model()).notes.map(\.description).joined()
      #expect(noted.notes.isEmpty == text.isEmpty, "\(text)")
      for part in noted.notes { #expect(text.contains(part), "\(text)") }
    }
  }

  /// Every number, text and flag replaced by others, at random: an error or a graph, and nothing
  /// else.
  @Test(arguments: try programs("rows-chunks-train", "rows-any-batch", "ghost-train"))
  func damagedProgramsAreErrorsOrGraphs(program: RecordedProgram) throws {
    let json = try JSON(roundingLargeIntegersOf: #require(program.open().graph))
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed)
    for round in 0..<300 {
      let damaged = json.damaged(with: &generator, oneIn: 1000).text()
      do {
        _ = try Graph(parsing: damaged)
      } catch {
        #expect(!error.reason.isEmpty, "seed \(seed), round \(round)")
      }
    }
  }

  /// The weight that the program names counts, not that of the module with the statistics: in other
  /// checkpoints the two need not be tied.
  @Test func aWeightOfAnotherModuleIsUsed() throws {
    let program = RecordedProgram(
      folder: "batch-norms", version: "2.13", name: "shared-affine-train")
    let checkpoint = try program.open()
    let graph = try #require(try checkpoint.model()).graph
    let inputs = try program.calls()[0].inputs.mapValues { try DenseArray($0) }
    let original = try checkpoint.stateDict()
    let outputs = try ["parts.0.weight", "parts.1.weight"].map { key in
      var weights = original
      weights[key] = try Tensor(rounding: [7, 7, 7], to: .float32, shape: [3])
      return try Self.output(graph, weights, inputs)
    }
    let before = try Self.output(graph, original, inputs)
    #expect(outputs.filter { $0 == before }.count == 1)
  }

  private static func output(
    _ graph: Graph, _ weights: StateDict, _ inputs: [String: DenseArray]
  ) throws -> DenseArray {
    var executor = try ReferenceExecutor(graph, weights)
    return try executor.run(inputs)[0]
  }

  /// The program's step of gradient accumulation copies no statistics, and functions do not count.
  @Test(arguments: [
    ("accumulation-step-1-train", "0", [BatchNormQuantity.runningMean, .runningVar]),
    ("borrowed-train", "first", [.numBatchesTracked]), ("borrowed-train", "third", []),
    ("rows-train", "norm", []),
  ])
  func buffersThatTheProgramDoesNotUpdateAreKept(
    kept: (program: String, module: String, buffers: [BatchNormQuantity])
  ) throws {
    let program = RecordedProgram(folder: "batch-norms", version: "2.13", name: kept.program)
    let graph = try #require(try program.open().model()).graph
    let node = graph.nodes.lazy.compactMap(\.operation.batchNorm).first { $0.module == kept.module }
    #expect(try #require(node).keptBuffers == Set(kept.buffers))
    #expect(try Graph(parsing: graph.json.text()) == graph)
  }

  private static func programs(_ names: String...) throws -> [RecordedProgram] {
    try RecordedProgram.ofBatchNorms().filter { names.contains($0.name) }
  }
}
