import DBNBatchNorm
import DBNCheckpointFormats
import DBNCheckpoints
import DBNComparison
import DBNExecution
import DBNHDF5
import DBNModels
import DBNNumPy
import DBNPlatform
import DBNTensors
import DBNTestSupport
import DBNVerification
import Testing

/// Epsilon and momentum of BatchNorms: from a file of Keras, through every format, to what runs.
struct BatchNormSettingsTests {
  private static let net = Fixture("keras-layers/net")

  /// Keras' network with PyTorch's names.
  private func converted() throws -> Checkpoint {
    var checkpoint = try Checkpoint.open(Self.net.file("weights.h5"))
    let converted = try KerasNames.converting(
      checkpoint.stateDict(), checkpoint.batchNormSettings)
    checkpoint.root = .dictionary(converted.stateDict.dictionary)
    checkpoint.batchNormSettings = converted.settings
    return checkpoint
  }

  @Test(arguments: FormatRegistry.formatsOfTrees)
  func everyFormatKeepsSettings(name: String) throws {
    let folder = try TemporaryFolder()
    let format = try #require(FormatRegistry.standard.named(name))
    let path = folder.file("model.\(format.extensions[0])")
    let original = try converted()
    #expect(original.batchNormSettings["bn1"]?.epsilon == 0.001)
    try original.write(to: path, as: format)
    let found = try Checkpoint.open(path)
    #expect(found.batchNormSettings == original.batchNormSettings)
    #expect(
      try CheckpointDifference(original, entry: EntryPath(), found, entry: EntryPath()).isEqual)
    // Without any, nothing of it is in the file.
    var plain = original
    plain.batchNormSettings = BatchNormSettingsTable()
    try plain.write(to: path, as: format, options: WritingOptions(existing: .replace))
    #expect(try Checkpoint.open(path).batchNormSettings.isEmpty)
    #expect(try !Fixture.contains("batch_norms", path))
  }

  @Test func otherSettingsAreADifference() throws {
    let original = try converted()
    var other = original
    other.batchNormSettings["bn1"] = .init(epsilon: 1e-5, momentum: .exponential(0.01))
    other.batchNormSettings["bn_dw"] = nil
    let difference = try CheckpointDifference(
      original, entry: EntryPath(), other, entry: EntryPath())
    #expect(difference.different.map(\.name) == ["bn1", "bn_dw"])
    #expect(difference.different.allSatisfy { $0.why == "metadata" })
    #expect(
      difference.different.first?.detail
        == "epsilon 0.001, momentum 0.01 and epsilon 1e-05, momentum 0.01")
  }

  /// The network, as a person would make it in PyTorch: with its default epsilon.
  private var graph: Graph {
    func node(_ name: String, _ operation: Operation, _ operands: [Graph.Operand]) -> Graph.Node {
      Graph.Node(name, operation, operands)
    }
    func convolution(groups: Int) -> Operation {
      .convolution(
        .init(stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: groups))
    }
    func batchNorm(_ name: String) -> Operation {
      .batchNorm(.init(module: name, NormModule(numFeatures: 4)))
    }
    return Graph(
      name: "net", inputs: [.init("input", shape: [nil, 3, nil, nil])],
      nodes: [
        node(
          "conv1", convolution(groups: 1), [.value("input"), .parameter("conv1.weight"), .none]),
        node("bn1", batchNorm("bn1"), [.value("conv1")]),
        node("relu", .activation(.relu), [.value("bn1")]),
        node("dw", convolution(groups: 4), [.value("relu"), .parameter("dw.weight"), .none]),
        node("bn_dw", batchNorm("bn_dw"), [.value("dw")]),
        node("pool", .mean(dimensions: [2, 3], keepsDimensions: false), [.value("bn_dw")]),
        node("fc", .linear, [.value("pool"), .parameter("fc.weight"), .parameter("fc.bias")]),
      ], outputs: ["fc"], parameters: [])
  }

  /// The largest difference to the output that Keras recorded, in parts of its largest element.
  private func distance(_ graph: Graph, _ stateDict: StateDict) throws -> Double {
    let recorded = try Checkpoint.open(Self.net.file("io.npz")).stateDict()
    let (input, expected) = (
      try DenseArray(try #require(recorded["input"])),
      try DenseArray(try #require(recorded["output"]))
    )
    var executor = try Engine.reference.executor(graph, stateDict, options: ExecutionOptions())
    let output = try executor.run(["input": input])[0]
    let largest = expected.values.map(abs).max() ?? 1
    return zip(output.values, expected.values).map { abs($0 - $1) }.max().map { $0 / largest } ?? 1
  }

  @Test func withTheFilesEpsilonTheOutputIsKeras() throws {
    let checkpoint = try converted()
    let stateDict = try checkpoint.stateDict()
    let applied = graph.applying(checkpoint.batchNormSettings)
    #expect(applied.changed == ["bn1", "bn_dw"])
    #expect(try distance(applied.graph, stateDict) < 1e-6)
    #expect(try distance(graph, stateDict) > 0.1)
  }

  @Test func everyCheckpointIsEvaluatedWithItsOwn() throws {
    let checkpoint = try converted()
    let recorded = try Checkpoint.open(Self.net.file("io.npz")).stateDict()
    let expected = try #require(recorded["output"]).doubles()
    var file = StateDict()
    file["x"] = recorded["input"]
    file["y"] = try Tensor([0, 1, 0], shape: [3])
    var evaluation = Evaluation(graph)
    evaluation.settings = [checkpoint.batchNormSettings, BatchNormSettingsTable()]
    let stateDict = try checkpoint.stateDict()
    let results = try evaluation.run([stateDict, stateDict], on: SampleData(file, labelled: true))
    let losses = results.map(\.classification.total.loss)
    // The mean of log(1 + exp(other - right)), of Keras' outputs.
    let margins = [expected[1] - expected[0], expected[2] - expected[3], expected[5] - expected[4]]
    let loss = margins.map { log(1 + exp($0)) }.reduce(0, +) / 3
    #expect(abs(losses[0] - loss) < 1e-6 && abs(losses[1] - loss) > 1e-3)
  }

  @Test func aModelKeepsItsOwnSettingsWhereTheCheckpointSaysNone() throws {
    var settings = BatchNormSettingsTable()
    settings["bn1"] = .init(momentum: .cumulative)
    settings["other"] = .init(epsilon: 1)
    let applied = graph.applying(settings)
    #expect(applied.changed == ["bn1"])
    for node in applied.graph.nodes {
      guard let attributes = node.operation.batchNorm else { continue }
      #expect(attributes.norm.eps == 1e-5)
      #expect(attributes.norm.momentum == (attributes.module == "bn1" ? nil : 0.1))
    }
    #expect(graph.applying(BatchNormSettingsTable()).graph == graph)
  }

  @Test func whatALayoutKeepsInsideAModuleHasItsSettings() throws {
    var settings = BatchNormSettingsTable()
    settings["a.bn1"] = .init(epsilon: 0.5)
    #expect(settings.settings(ofModule: "a.bn1.bn").epsilon == 0.5)
    #expect(settings.settings(ofModule: "a.bn1").epsilon == 0.5)
    #expect(settings.settings(ofModule: "a.bn10").epsilon == nil)
    #expect(settings.settings(ofModule: "a").epsilon == nil)
  }

  @Test func renamingFollowsTheKeys() {
    var settings = BatchNormSettingsTable()
    settings["module.bn1"] = .init(epsilon: 0.5)
    settings["bn2"] = .init(epsilon: 0.25)
    let stripped = settings.strippingPrefix("module.")
    #expect(stripped.entries.map(\.name) == ["bn1", "bn2"])
    let renamed = stripped.renaming { $0.replacing("bn", with: "norm") }
    #expect(renamed["norm1"]?.epsilon == 0.5 && renamed["norm2"]?.epsilon == 0.25)
  }

  @Test func optionsAreTheKnownSettingsAndElseTheDefault() {
    let options = BatchNormModule.Options(
      .init(epsilon: 0.5), default: .init(eps: 1, momentum: 0.25))
    #expect(options.eps == 0.5 && options.momentum == 0.25)
    let cumulative = BatchNormModule.Options(.init(momentum: .cumulative))
    #expect(cumulative.eps == 1e-5 && cumulative.momentum == nil)
  }

  @Test func whatOneSideKnowsHoldsForBoth() throws {
    let stateDict = try converted().stateDict()
    let site = try #require(BatchNormSurvey(stateDict).sites.first)
    var known = BatchNormSettingsTable()
    known["bn1"] = .init(epsilon: 0.5)
    let pair = BatchNormSettingsPair(known, BatchNormSettingsTable())
    let options = pair.options(site, site, default: .init())
    #expect(options.a.eps == 0.5 && options.b.eps == 0.5 && options.b.momentum == 0.1)
  }

  @Test(arguments: ExecutionMode.allCases)
  func settingsThatDifferAreADifference(mode: ExecutionMode) throws {
    func checkpoint(_ epsilon: Double?) throws -> Checkpoint {
      var checkpoint = try converted()
      checkpoint.batchNormSettings = BatchNormSettingsTable()
      if let epsilon { checkpoint.batchNormSettings["bn1"] = .init(epsilon: epsilon) }
      return checkpoint
    }
    var verification = CheckpointVerification()
    verification.batchNorms.mode = mode
    let same = try verification.compare(checkpoint(0.5), checkpoint(0.5))
    #expect(same.isBitIdentical && same.oneSidedSettings.isEmpty)
    let oneSided = try verification.compare(checkpoint(0.5), checkpoint(nil))
    #expect(oneSided.isBitIdentical && oneSided.oneSidedSettings == ["bn1"])
    verification.batchNorms.tolerance.absolute = 1e9
    let different = try verification.compare(checkpoint(0.5), checkpoint(0.25))
    #expect(!different.isEqual && different.otherDifferences.map(\.name) == ["bn1"])
    // What is given holds for both, and only that.
    verification.overriding.momentum = .exponential(0.5)
    #expect(try !verification.compare(checkpoint(0.5), checkpoint(0.25)).isEqual)
    verification.overriding = BatchNormSettings(epsilon: 0.125)
    let given = try verification.compare(checkpoint(0.5), checkpoint(0.25))
    #expect(given.isEqual && given.notes.count == 1)
    #expect(try verification.compare(checkpoint(0.5), checkpoint(0.5)).notes.isEmpty)
  }
}

extension Fixture {
  /// Whether the text is in the file, uncompressed.
  fileprivate static func contains(_ text: String, _ path: String) throws -> Bool {
    let bytes = try MappedFile.open(path).array
    return String(decoding: bytes, as: UTF8.self).contains(text)
  }
}
