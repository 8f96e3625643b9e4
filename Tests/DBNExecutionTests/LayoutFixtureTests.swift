import DBNBatchNorm
import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import DBNTorch
import Foundation
import Testing

/// Every layout as the package that has it wrote it: recognised, mapped there and back, merged as
/// computed exactly, and evaluated as the package evaluates it.
struct LayoutFixtureTests {
  private static let names = Fixture.all("layouts").map { $0.name.dropFirst("layouts/".count) }
    .map(String.init)

  /// What a person has to say, or what can't be told and is taken for the likeliest.
  private static func layout(of name: String) -> (found: String, hint: BatchNormLayout?) {
    switch name {
    case "nested-ghost": ("standard", .nested)
    case "first-device", "moco", "standard", "sync": ("standard", nil)
    case "frozen-torchvision", "frozen-detectron2": ("frozen", nil)
    case "ghost-collated": ("ghost", nil)
    case "per-rank": ("replicated", nil)
    default: (name, nil)
    }
  }

  private func read(_ fixture: String, _ file: String = "checkpoint.pth") throws -> StateDict {
    let path = Fixture("layouts/\(fixture)").file(file)
    return try TorchCheckpoint.read(MappedFile.open(path)).stateDict()
  }

  private func hint(_ name: String) -> BatchNormSurvey.Hint? {
    Self.layout(of: name).hint.map { BatchNormSurvey.Hint($0) }
  }

  @Test func everyLayoutHasAFixture() {
    #expect(Self.names.count == 13)
  }

  @Test(arguments: names)
  func itIsRecognised(name: String) throws {
    let expected = try Fixture("layouts/\(name)").expected
    let sites = BatchNormSurvey(try read(name)).sites
    #expect(
      sites.map { "\($0.layout)" } == [Self.layout(of: name).found, Self.layout(of: name).found])
    let batchNorms = try #require(expected["batchnorms"]?.array)
    #expect(sites.map(\.features) == batchNorms.compactMap { $0["features"]?.int })
    #expect(sites.map(\.worldSize) == batchNorms.compactMap { $0["devices"]?.int })
    #expect(BatchNormSurvey(try read(name)).unrecognised.isEmpty)
  }

  /// Merged as exact arithmetic has it, to a few roundings of Float64.
  @Test(arguments: names, [MergeRule.first, .mean, .pooled])
  func statisticsMergeByTheRule(name: String, rule: MergeRule) throws {
    let stateDict = try read(name)
    let batchNorms = try #require(try Fixture("layouts/\(name)").expected["batchnorms"]?.array)
    for (site, expected) in zip(BatchNormSurvey(stateDict, hint: hint(name)).sites, batchNorms) {
      let merged = try ReplicaStatistics(site, in: stateDict).merged(by: rule)
      for (values, field) in [(merged.mean, "mean"), (merged.variance, "var")] {
        let wanted = try #require(expected["\(rule)"]?[field]?.array)
          .compactMap { Double($0.string ?? "") }
        try #require(values.count == wanted.count && !wanted.isEmpty)
        let scale = try #require(wanted.map(abs).max())
        for (value, exact) in zip(values, wanted) { #expect(abs(value - exact) <= 4e-16 * scale) }
      }
    }
  }

  @Test(
    arguments: names.filter { layout(of: $0).found != "standard" || layout(of: $0).hint != nil })
  func itGoesToStandardAndBack(name: String) throws {
    let original = try read(name)
    let site = try #require(BatchNormSurvey(original, hint: hint(name)).sites.first)
    // The same statistics for all devices, so that the way there loses nothing.
    let even =
      try site.worldSize > 1
      ? original.converting(to: .standard, merging: .first, reading: hint(name)).stateDict
        .toDistributed(worldSize: site.worldSize, layout: site.layout).stateDict : original
    let standard = try even.toStandard(reading: hint(name))
    #expect(standard.report.losses.isEmpty)
    #expect(BatchNormSurvey(standard.stateDict).sites.allSatisfy { $0.layout == .standard })
    let back = try standard.stateDict.converting(to: site.layout, worldSize: site.worldSize)
      .stateDict
    #expect(Set(back.names) == Set(even.names))
    for (key, tensor) in even.tensors {
      let returned = try #require(back[key])
      #expect(returned.shape == tensor.shape && returned.scalarType == tensor.scalarType, "\(key)")
      #expect(try returned.storage.hasEqualBytes(to: tensor.storage), "\(key)")
    }
  }

  /// Rows survive between all layouts that have them.
  @Test(arguments: ["replicated", "ghost", "split", "sub", "per-rank"])
  func rowsSurvive(name: String) throws {
    let original = try read(name)
    let site = try #require(BatchNormSurvey(original).sites.first)
    for layout in [BatchNormLayout.replicated, .ghost, .sub] where layout != site.layout {
      // Devices of split have weights of their own, which only split has a place for.
      guard name != "split" else {
        #expect(throws: CheckpointError.self) { try original.converting(to: layout) }
        continue
      }
      let there = try original.converting(to: layout).stateDict
      let back = try there.converting(to: site.layout).stateDict
      for (key, tensor) in original.tensors where !key.contains("num_batches_tracked") {
        // Sub's statistics of all are made anew of the rows.
        guard site.layout != .sub || !key.contains(".bn.") else { continue }
        #expect(try back[key]?.storage.hasEqualBytes(to: tensor.storage) == true, "\(key)")
      }
    }
  }

  /// The module on its recorded input: to 1e-12 of the largest output the package computed in
  /// float64.
  @Test(arguments: names, ["bn1", "bn2"])
  func evaluationIsThePackages(name: String, layer: String) throws {
    let stateDict = try read(name)
    let recorded = try read(name, "activations.pth")
    let key = name == "nested-ghost" ? "\(layer).bn" : layer
    let site = try #require(BatchNormSurvey(stateDict).sites.first { $0.name == key })
    let module = try BatchNormModule(site, in: stateDict)
    let input = try #require(recorded["\(layer).input"])
    let output = try module.evaluate(DenseArray(input))
    let expected = try #require(recorded["float64.eval.\(layer).output"]).doubles()
    let scale = try #require(expected.map(abs).max())
    let error = zip(output.values, expected).map { abs($0 - $1) }.reduce(0, max) / scale
    #expect(error < 1e-12, "\(error)")
  }

  /// What evaluation uses is what standard gets: the outputs stay the same.
  @Test(arguments: ["split", "sub", "nested-ghost", "frozen-torchvision", "frozen-detectron2"])
  func toStandardKeepsTheOutputs(name: String) throws {
    let stateDict = try read(name)
    let standard = try stateDict.toStandard(reading: hint(name)).stateDict
    let recorded = try read(name, "activations.pth")
    for (layer, site) in zip(["bn1", "bn2"], BatchNormSurvey(standard).sites) {
      let output = try BatchNormModule(site, in: standard)
        .evaluate(DenseArray(try #require(recorded["\(layer).input"])))
      let expected = try #require(recorded["float64.eval.\(layer).output"]).doubles()
      let scale = try #require(expected.map(abs).max())
      for (value, wanted) in zip(output.values, expected) {
        #expect(abs(value - wanted) <= 1e-12 * scale)
      }
    }
  }

  /// Device i's samples, by a training forward of the package itself.
  @Test func ghostTrainsAsThePackageDoes() throws {
    let stateDict = try read("ghost")
    let recorded = try read("ghost", "activations.pth")
    for site in BatchNormSurvey(stateDict).sites {
      var module = try BatchNormModule(site, in: stateDict)
      let output = try module.train(DenseArray(try #require(recorded["\(site.name).input"])))
      let name = "float64.train.\(site.name)"
      let expected = try #require(recorded["\(name).output"]).doubles()
      let scale = try #require(expected.map(abs).max())
      for (value, wanted) in zip(output.values, expected) {
        #expect(abs(value - wanted) <= 1e-12 * scale)
      }
      let means = try #require(recorded["\(name).running_mean"]).doubles()
      for (value, wanted) in zip(module.rows.flatMap(\.mean), means) {
        #expect(abs(value - wanted) <= 1e-12)
      }
    }
  }
}
