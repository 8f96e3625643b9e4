import DBNBatchNorm
import DBNTensors
import DBNTestSupport
import Testing

/// Every layout into every other, through the same code.
struct LayoutTests {
  private let standard: StateDict
  /// Three devices that went apart.
  private let replicated: StateDict

  private static let distributed: [BatchNormLayout] = [.replicated, .ghost, .split, .sub]

  init() throws {
    standard = try .batchNorm(means: [[0.5, -3]], variances: [[2, 0.125]], counters: [7])
    replicated = try .batchNorm(
      means: [[0, 1], [2, 3], [4, 8]], variances: [[1, 1], [2, 0.5], [3, 6]],
      counters: [5, 5, 5])
  }

  private func expectEqual(_ a: StateDict, _ b: StateDict) throws {
    #expect(a.names == b.names)
    for (name, tensor) in a.tensors {
      let other = try #require(b[name])
      #expect(tensor.shape == other.shape && tensor.scalarType == other.scalarType, "\(name)")
      #expect(try tensor.storage.hasEqualBytes(to: other.storage), "\(name)")
    }
  }

  @Test(arguments: distributed, [1, 2, 5])
  func aStandardStateDictComesBackFromEveryLayout(layout: BatchNormLayout, worldSize: Int) throws {
    let there = try standard.toDistributed(worldSize: worldSize, layout: layout)
    let hint = BatchNormSurvey.Hint(layout, worldSize: worldSize)
    if layout == .sub { #expect(BatchNormSurvey(there.stateDict).sites.map(\.layout) == [.sub]) }
    // One device alone is a standard BatchNorm in these: nothing is left to convert.
    if worldSize == 1, [.ghost, .split].contains(layout) {
      #expect(BatchNormSurvey(there.stateDict).sites.map(\.layout) == [.standard])
      return
    }
    let sites = BatchNormSurvey(there.stateDict).sites
    if worldSize > 1 {
      #expect(sites.map(\.layout) == [layout] && sites.map(\.worldSize) == [worldSize])
      #expect(sites.map(\.features) == [2] && sites.map(\.name) == ["bn"])
    }
    let back = try there.stateDict.toStandard(reading: hint)
    #expect(back.report.losses.isEmpty)
    try expectEqual(back.stateDict, standard)
  }

  @Test(arguments: distributed, distributed)
  func rowsSurviveFromLayoutToLayout(from: BatchNormLayout, to: BatchNormLayout) throws {
    let start = from == .replicated ? replicated : try replicated.converting(to: from).stateDict
    guard from != to else { return }
    let there = try start.converting(to: to)
    let site = try #require(BatchNormSurvey(there.stateDict).sites.first)
    #expect(site.layout == to && site.worldSize == 3)
    let statistics = try ReplicaStatistics(site, in: there.stateDict)
    #expect(statistics.means == [[0, 1], [2, 3], [4, 8]])
    #expect(statistics.variances == [[1, 1], [2, 0.5], [3, 6]])
    let changes = from.evaluation != to.evaluation || from.slices != to.slices
    #expect(there.report.losses.isEmpty == !changes)
    var back = there.stateDict
    if to != .replicated { back = try back.converting(to: .replicated).stateDict }
    try expectEqual(back, replicated)
  }

  @Test(arguments: [BatchNormLayout.ghost, .sub, .split])
  func countersThatDifferAreKeptOrSaid(layout: BatchNormLayout) throws {
    let start = try StateDict.batchNorm(
      means: [[0, 1], [2, 3]], variances: [[1, 1], [2, 0.5]], counters: [5, 9])
    let there = try start.converting(to: layout)
    let isSaid = there.report.losses.contains { $0.reason.contains("counter of batches") }
    #expect(isSaid == (layout != .split))
    let key = layout == .sub ? "bn.split_bn.num_batches_tracked" : "bn.num_batches_tracked"
    #expect(try there.stateDict[key]?.integers() == [layout == .split ? 5 : 9])
  }

  @Test func ghostBuffersAreTheRowsOneAfterTheOther() throws {
    let ghost = try replicated.converting(to: .ghost).stateDict
    #expect(try ghost["bn.running_mean"]?.doubles() == [0, 1, 2, 3, 4, 8])
    #expect(ghost["bn.running_mean"]?.shape == [6])
    #expect(ghost["bn.num_batches_tracked"]?.shape == [])
    #expect(ghost["bn.running_mean"]?.storage === replicated["bn.running_mean"]?.storage)
  }

  @Test func splitHasABatchNormForEachFurtherDevice() throws {
    let split = try replicated.converting(to: .split).stateDict
    #expect(try split["bn.running_mean"]?.doubles() == [0, 1])
    #expect(try split["bn.aux_bn.1.running_mean"]?.doubles() == [4, 8])
    #expect(try split["bn.aux_bn.0.weight"]?.doubles() == split["bn.weight"]?.doubles())
    #expect(split["bn.aux_bn.2.weight"] == nil)
    for (name, tensor) in split.tensors where name.contains("aux_bn") {
      #expect(!split.tensors.contains { $0.name != name && $0.tensor.isTied(to: tensor) })
    }
  }

  /// SlowFast aggregates by the law of total variance.
  @Test func subHasTheStatisticsOfAllTogether() throws {
    let sub = try replicated.converting(to: .sub).stateDict
    #expect(try sub["bn.bn.running_mean"]?.doubles() == [2, 4])
    let variances = try #require(try sub["bn.bn.running_var"]?.doubles())
    #expect(abs(variances[0] - (2 + 8.0 / 3)) < 1e-6 && abs(variances[1] - (2.5 + 26.0 / 3)) < 1e-6)
    #expect(sub["bn.split_bn.running_var"]?.shape == [6])
    #expect(sub["bn.running_mean"] == nil && sub["bn.weight"]?.shape == [2])
  }

  @Test(arguments: [BatchNormLayout.split, .sub])
  func withoutARuleStandardIsWhatEvaluationUses(layout: BatchNormLayout) throws {
    let start = try replicated.converting(to: layout).stateDict
    let merged = try start.toStandard()
    let mean = layout == .split ? [0.0, 1] : [2, 4]
    #expect(try merged.stateDict["bn.running_mean"]?.doubles() == mean)
    #expect(merged.report.losses.first?.name == "bn")
    #expect(merged.record["statistics"] == "evaluation")
    let chosen = try start.toStandard(merging: .replica(2)).stateDict
    #expect(try chosen["bn.running_mean"]?.doubles() == [4, 8])
    #expect(throws: CheckpointError.self) { try start.toStandard(merging: .identical) }
  }

  @Test func weightsOfTheirOwnAreKeptOrSaid() throws {
    var split = try replicated.converting(to: .split).stateDict
    split["bn.aux_bn.0.weight"] = try .float32([9, 9])
    let dropped = try split.toStandard()
    #expect(dropped.report.losses.contains { $0.reason.contains("weights") })
    #expect(try dropped.stateDict["bn.weight"]?.doubles() == [1, 1.125])
    let more = try split.converting(to: .split, worldSize: 5, merging: .first)
    #expect(more.report.losses.contains { $0.reason.contains("weights") })
    #expect(try more.stateDict["bn.aux_bn.3.weight"]?.doubles() == [1, 1.125])
    let error = #expect(throws: CheckpointError.self) { try split.converting(to: .replicated) }
    #expect(error?.code == .unexpectedLayout && error?.reason.contains("weight") == true)
  }

  @Test func nestedIsReadWhenAPersonSaysSo() throws {
    var nested = StateDict()
    for (name, tensor) in standard.tensors where name.hasPrefix("bn.") {
      nested["norm.\(name)"] = tensor
    }
    let survey = BatchNormSurvey(nested)
    #expect(survey.sites.map(\.name) == ["norm.bn"])
    #expect(survey.ambiguities.contains { $0.contains("'norm.bn'") && $0.contains("nested") })
    var block = nested
    block["norm.conv.weight"] = try .float32([1])
    #expect(!BatchNormSurvey(block).ambiguities.contains { $0.contains("nested") })
    let plain = try nested.toStandard(reading: .init(.nested)).stateDict
    #expect(plain.names == nested.names.map { $0.replacing("norm.bn.", with: "norm.") })
  }

  @Test func frozenGetsACounterAndKerasPyTorchsNames() throws {
    let frozen = try StateDict.batchNorm(means: [[1, 2]], variances: [[3, 4]])
    #expect(BatchNormSurvey(frozen).sites.map(\.layout) == [.frozen])
    let plain = try frozen.toStandard().stateDict
    #expect(try plain["bn.num_batches_tracked"]?.integers() == [0])
    #expect(plain["bn.num_batches_tracked"]?.shape == [])
    let keras = try standard.converting(to: .keras).stateDict
    #expect(
      keras.names == ["conv.weight", "bn.gamma", "bn.beta", "bn.moving_mean", "bn.moving_variance"])
    let back = try keras.toStandard().stateDict
    #expect(back.names == standard.names)
    #expect(try back["bn.running_var"]?.doubles() == [2, 0.125])
  }

  @Test func ghostWithoutAWeightNeedsItsWorldSize() throws {
    var bare = StateDict()
    for last in ["running_mean", "running_var"] {
      bare["bn.\(last)"] = try .float32([1, 2, 1, 2, 1, 2])
    }
    bare["bn.num_batches_tracked"] = try Tensor([3], shape: [])
    let survey = BatchNormSurvey(bare)
    #expect(survey.sites.map(\.features) == [6])
    #expect(survey.ambiguities.contains { $0.choices == [.sourceLayout("ghost"), .worldSize] })
    let merged = try bare.toStandard(reading: .init(.ghost, worldSize: 3)).stateDict
    #expect(try merged["bn.running_mean"]?.doubles() == [1, 2])
    let unknown = #expect(throws: CheckpointError.self) {
      try bare.toStandard(reading: .init(.ghost))
    }
    #expect(unknown?.code == .noBatchNorm)
  }

  @Test func anotherWorldSizeNeedsARule() throws {
    let same = try standard.toDistributed(worldSize: 4).stateDict
    let error = #expect(throws: CheckpointError.self) { try same.toDistributed(worldSize: 2) }
    #expect(error?.code == .unexpectedLayout && error?.advice?.choices == [.mergeRule])
    let fewer = try same.toDistributed(worldSize: 2, merging: .identical)
    #expect(fewer.stateDict["bn.running_mean"]?.shape == [2, 2] && fewer.report.losses.isEmpty)
    let differ = #expect(throws: CheckpointError.self) {
      try replicated.toDistributed(worldSize: 2, merging: .identical)
    }
    #expect(differ?.code == .replicasDiffer)
    let pooled = try replicated.toDistributed(worldSize: 2, merging: .pooled)
    #expect(try pooled.stateDict["bn.running_mean"]?.doubles() == [2, 4, 2, 4])
    #expect(pooled.record["statistics"] == "pooled" && !pooled.report.losses.isEmpty)
  }

  @Test func firstDeviceIsOnDiskWhatStandardIs() throws {
    let converted = try standard.toDistributed(worldSize: 8, layout: .firstDevice)
    try expectEqual(converted.stateDict, standard)
    #expect(converted.record["layout"] == "first-device" && converted.record["world_size"] == 8)
  }

  /// Files sorted by name have the devices' BatchNorms before the main one.
  @Test(arguments: [BatchNormLayout.split, .sub, .ghost])
  func orderDoesNotMatter(layout: BatchNormLayout) throws {
    let start = try replicated.converting(to: layout).stateDict
    var sorted = StateDict()
    for name in start.names.sorted() { sorted[name] = start[name] }
    #expect(BatchNormSurvey(sorted).sites.map(\.layout) == [layout])
    #expect(try sorted.converting(to: .replicated).stateDict.tensors.count == 6)
  }

  @Test func aNameThatIsTakenIsNamed() throws {
    var crowded = try replicated.converting(to: .sub).stateDict
    crowded["bn.running_mean"] = try .float32([1])
    let error = #expect(throws: CheckpointError.self) {
      try crowded.toStandard(reading: .init(.sub))
    }
    #expect(error?.code == .nameCollision && error?.name == "bn.running_mean")
  }
}
