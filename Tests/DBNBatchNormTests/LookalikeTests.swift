import DBNBatchNorm
import DBNTensors
import DBNTestSupport
import Testing

/// `running_mean` and `running_var` alone are not taken for a BatchNorm.
struct LookalikeTests {
  /// A BatchNorm `bn` of two features, and a module of these tensors.
  private func stateDict(
    _ name: String, _ parts: [String: [Int]], counter: [Int]? = nil
  ) throws -> StateDict {
    var stateDict = try StateDict.batchNorm(means: [[1, 2]], variances: [[3, 4]], counters: [5])
    for (part, shape) in parts.sorted(by: { $0.key < $1.key }) {
      stateDict["\(name)\(part)"] = try .float32(
        Array(repeating: 0.5, count: shape.reduce(1, *)), shape)
    }
    if let counter {
      stateDict["\(name)num_batches_tracked"] = try Tensor(
        .int64, shape: counter,
        storage: TensorStorage(ByteRegion(Array(repeating: 0, count: 8 * counter.reduce(1, *)))))
    }
    return stateDict
  }

  private static let statistics = ["running_mean": [6], "running_var": [6]]

  @Test func aNormaliserOfObservationsIsLeftAlone() throws {
    let source = try stateDict(
      "obs_rms.", ["running_mean": [6], "running_var": [6], "count": []])
    let survey = BatchNormSurvey(source)
    #expect(survey.sites.map(\.name) == ["bn"] && survey.unrecognised.isEmpty)
    #expect(survey.lookalikes.map(\.name) == ["obs_rms"])
    #expect(survey.leftAlone.first?.advice?.choices == [.including("obs_rms")])
    #expect(!survey.ambiguities.contains { $0.contains("obs_rms") })
    let converted = try source.toDistributed(worldSize: 3)
    #expect(converted.report.converted == ["bn"])
    #expect(converted.leftAlone.map(\.name) == ["obs_rms"])
    #expect(converted.report.skipped == [.init("obs_rms", "not taken for a BatchNorm")])
    for name in ["running_mean", "running_var", "count"] {
      let (old, new) = (source["obs_rms.\(name)"], converted.stateDict["obs_rms.\(name)"])
      #expect(new?.storage === old?.storage && new?.shape == old?.shape)
    }
    #expect(try converted.stateDict.toStandard().report.converted == ["bn"])
  }

  /// Pictures have statistics [H, W], which would else be those of H devices.
  @Test func statisticsOfPicturesAreNoReplicas() throws {
    let source = try stateDict("rms.", ["running_mean": [8, 8], "running_var": [8, 8]])
    #expect(BatchNormSurvey(source).sites.map(\.name) == ["bn"])
    #expect(try source.toDistributed(worldSize: 2).leftAlone.map(\.name) == ["rms"])
  }

  /// Whatever the shape, and with a running mean alone or another statistic beside it.
  @Test(arguments: [
    ["running_mean": [3, 8, 8], "running_var": [3, 8, 8], "count": []],
    ["running_mean": [], "running_var": [], "count": []], ["running_mean": [4]],
    ["running_mean": [4], "running_std": [4]], ["running_mean": [4], "running_var": [5]],
    ["running_mean": [3, 8, 8]],
  ])
  func statisticsOfAnyShapeAreLeftAlone(parts: [String: [Int]]) throws {
    let source = try stateDict("ob.", parts)
    let survey = BatchNormSurvey(source)
    #expect(survey.sites.map(\.name) == ["bn"] && survey.unrecognised.isEmpty)
    #expect(survey.leftAlone.map(\.name) == ["ob"])
    let reason = survey.leftAlone.first?.reason ?? ""
    #expect(reason.hasPrefix("it has only running_mean") && survey.leftAlone.first?.advice == nil)
    #expect(reason.contains("and running_var, without") == (parts["running_var"] != nil))
    let converted = try source.toDistributed(worldSize: 2)
    #expect(converted.leftAlone.map(\.name) == ["ob"])
    #expect(converted.stateDict["ob.running_mean"]?.shape == parts["running_mean"])
    #expect(converted.report.skipped == [.init("ob", "not taken for a BatchNorm")])
    // Named, it can't be read.
    let error = #expect(throws: CheckpointError.self) {
      try source.toDistributed(worldSize: 2, selection: NameSelection(include: ["*"]))
    }
    #expect(error?.code == .unexpectedLayout)
  }

  @Test func aBatchNormThatCannotBeReadIsAnError() throws {
    for parts in [["weight": [4]], ["bias": [4]]] {
      let source = try stateDict(
        "x.", ["running_mean": [3, 8, 8], "running_var": [3, 8, 8]].merging(parts) { $1 })
      #expect(BatchNormSurvey(source).unrecognised.map(\.name) == ["x"])
      #expect(BatchNormSurvey(source).leftAlone.isEmpty)
    }
  }

  @Test func aWeightABiasOrACounterMakeItABatchNorm() throws {
    for parts in [["weight": [6], "bias": [6]], ["weight": [6]], ["bias": [6]]] {
      let source = try stateDict("x.", Self.statistics.merging(parts) { $1 })
      #expect(BatchNormSurvey(source).sites.map(\.name) == ["bn", "x"], "\(parts)")
    }
    let withoutAffine = try stateDict("x.", Self.statistics, counter: [])
    #expect(BatchNormSurvey(withoutAffine).sites.map(\.name) == ["bn", "x"])
    let replicated = try stateDict(
      "x.", ["running_mean": [3, 6], "running_var": [3, 6]], counter: [3])
    #expect(BatchNormSurvey(replicated).sites.map(\.layout) == [.standard, .replicated])
  }

  @Test(arguments: [["x"], ["*"], ["none", "x*"]])
  func aPersonCanNameIt(patterns: [String]) throws {
    let source = try stateDict("x.", Self.statistics)
    let converted = try source.toDistributed(
      worldSize: 3, selection: NameSelection(include: patterns))
    #expect(converted.report.converted.contains("x") && converted.leftAlone.isEmpty)
    #expect(converted.stateDict["x.running_mean"]?.shape == [3, 6])
    let back = try converted.stateDict.toStandard(
      selection: NameSelection(include: patterns))
    #expect(back.stateDict["x.running_mean"]?.shape == [6])
  }

  @Test func otherPatternsDoNotNameIt() throws {
    let source = try stateDict("x.", Self.statistics)
    for selection in [
      NameSelection(include: ["bn"]), NameSelection(exclude: ["x"]),
    ] {
      let converted = try source.toDistributed(worldSize: 3, selection: selection)
      #expect(converted.leftAlone.isEmpty)
      #expect(converted.report.skipped == [.init("x", "not selected")])
    }
  }

  @Test func aLayoutThatAPersonOrAModelNamesIsKnowledge() throws {
    let source = try stateDict("x.", Self.statistics)
    let standard = BatchNormSurvey.Hint(.standard)
    #expect(BatchNormSurvey(source, hint: standard).sites.map(\.name) == ["bn", "x"])
    #expect(BatchNormSurvey(source, known: ["x": standard]).sites.map(\.name) == ["bn", "x"])
    let own = BatchNormLayout(
      description: "mine",
      tensors: [
        .runningMean: .init(shared: "running_mean"), .runningVar: .init(shared: "running_var"),
      ])
    #expect(BatchNormSurvey(source, layouts: [own]).sites.contains { $0.name == "x" })
    let ghost = try source.toStandard(reading: .init(.ghost, worldSize: 2))
    #expect(ghost.report.converted.contains("x"))
  }

  /// A statistic that is in the file and can't be read is not called missing.
  @Test(arguments: ["running_mean", "running_var", "weight", "num_batches_tracked"])
  func aStatisticThatCannotBeReadIsNamedWithTheReason(key: String) throws {
    var mapping = try StateDict.batchNorm(
      means: [[1, 2]], variances: [[3, 4]], counters: [5]
    ).dictionary
    mapping.set(.string("bn.\(key)"), to: .opaque(.unreadable("sparse tensor", "is sparse")))
    let source = try #require(StateDict(mapping))
    let problem = try #require(BatchNormSurvey(source).unrecognised.first)
    #expect(problem.name == "bn" && problem.reason == "\(key) can't be read: it is sparse")
    let error = try #require(throws: CheckpointError.self) { try source.toStandard() }
    #expect(error.reason.contains(problem.reason), "\(error)")
    let without = try #require(throws: CheckpointError.self) {
      try source.toStandard(selection: NameSelection(exclude: ["bn"]))
    }
    #expect(without.reason.contains(problem.reason), "\(without)")
  }

  @Test func withoutAnotherBatchNormTheErrorSaysWhy() throws {
    var source = StateDict()
    source["running_mean"] = try .float32([1, 2])
    source["running_var"] = try .float32([1, 2])
    let error = #expect(throws: CheckpointError.self) { try source.toDistributed(worldSize: 2) }
    #expect(error?.code == .noBatchNorm && error?.advice?.choices == [.including("")])
    let named = try source.toDistributed(
      worldSize: 2, selection: NameSelection(include: ["*"]))
    #expect(named.stateDict["running_mean"]?.shape == [2, 2])
  }
}
