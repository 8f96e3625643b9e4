import DBNBatchNorm
import DBNExecution
import DBNTensors

/// The same BatchNorm in two checkpoints, ready to run.
struct BatchNormPair {
  let name: String
  private(set) var a: BatchNormModule
  private(set) var b: BatchNormModule
  /// The stored state of both, including values that don't affect a run.
  let stateA: BatchNormState
  let stateB: BatchNormState
  /// Epsilon and momentum of the two, if they differ.
  let settings: BatchNormSettingsPair.Difference?
  /// The features of the layer that these modules have.
  private(set) var features: Range<Int>
  /// The type in whose ULPs differences are counted.
  let scalarType: ScalarType
  /// The keys of its tensors in the state dicts.
  let keys: [CheckpointDictionary.Key]

  /// Pairs the BatchNorms of two state dicts by name, in the order of the first.
  static func matching(
    _ a: StateDict, _ surveyA: BatchNormSurvey, _ b: StateDict, _ surveyB: BatchNormSurvey,
    options: BatchNormModule.Options,
    settings: BatchNormSettingsPair = BatchNormSettingsPair()
  ) throws(CheckpointError) -> [BatchNormPair] {
    try refuseProblems(of: surveyA, "first", unlessIn: surveyB)
    try refuseProblems(of: surveyB, "second", unlessIn: surveyA)
    let (sitesA, sitesB) = (surveyA.sites, surveyB.sites)
    let byName = Dictionary(
      sitesB.map { (CheckpointDictionary.Key.string($0.name), $0) }, uniquingKeysWith: { $1 })
    let names = Set(sitesA.map { CheckpointDictionary.Key.string($0.name) })
    if let extra = sitesB.first(where: { !names.contains(.string($0.name)) }) {
      throw unpaired(extra, "only the second checkpoint has this BatchNorm")
    }
    var pairs: [BatchNormPair] = []
    for site in sitesA {
      guard let other = byName[.string(site.name)] else {
        throw unpaired(site, "only the first checkpoint has this BatchNorm")
      }
      pairs.append(
        try BatchNormPair(site, in: a, other, in: b, options: options, settings: settings))
    }
    return pairs
  }

  private init(
    _ siteA: BatchNormSite, in a: StateDict, _ siteB: BatchNormSite, in b: StateDict,
    options: BatchNormModule.Options, settings: BatchNormSettingsPair
  ) throws(CheckpointError) {
    guard siteA.features == siteB.features else {
      throw Self.unpaired(
        siteA,
        "it has \(siteA.features) features in the first, \(siteB.features) in the second")
    }
    guard siteA.worldSize == 1 || siteB.worldSize == 1 || siteA.worldSize == siteB.worldSize else {
      throw Self.unpaired(
        siteA, "\(siteA.worldSize) devices cannot be compared with \(siteB.worldSize)",
        advice: "convert one of them to standard first")
    }
    name = siteA.name
    let options = settings.options(siteA, siteB, default: options)
    self.settings = settings.difference(siteA, siteB)
    self.a = try BatchNormModule(siteA, in: a, options: options.a)
    self.b = try BatchNormModule(siteB, in: b, options: options.b)
    stateA = try BatchNormState(siteA, in: a)
    stateB = try BatchNormState(siteB, in: b)
    features = 0..<siteA.features
    scalarType = siteA.bufferKeys.first.flatMap { a[$0]?.scalarType } ?? .float32
    keys = (siteA.keys + siteB.keys).map { .string($0) }
  }

  /// Refuses a module that can't be read as a BatchNorm. If it is the same in both, which a
  /// conversion has left alone, its tensors are compared like all others.
  private static func refuseProblems(
    of survey: BatchNormSurvey, _ which: String, unlessIn other: BatchNormSurvey
  ) throws(CheckpointError) {
    let common = Set(other.unrecognised.map { [$0.name, $0.reason] })
    let problem = survey.unrecognised.first { !common.contains([$0.name, $0.reason]) }
    guard let problem else { return }
    throw CheckpointError(
      .batchNormsDiffer, name: problem.name,
      "looks like a BatchNorm in the \(which) checkpoint, but \(problem.reason)",
      advice: problem.advice ?? "compare the stored values alone with \(.difference)")
  }

  private static func unpaired(
    _ site: BatchNormSite, _ reason: String,
    advice: Guidance? = nil
  ) -> CheckpointError {
    CheckpointError(
      .batchNormsDiffer, name: site.name, reason,
      advice: advice ?? "compare two checkpoints of the same model")
  }

  /// The pair divided by features into parts, so that a part's batch has at most `limit` values.
  func parts(of limit: Int, valuesPerFeature: Int) -> [BatchNormPair] {
    let count = max(1, limit / valuesPerFeature)
    return stride(from: 0, to: features.count, by: count).map { start in
      var part = self
      part.features = start..<min(start + count, features.count)
      part.a = a.part(part.features)
      part.b = b.part(part.features)
      return part
    }
  }

  /// The slices of a mini-batch for the module with more devices.
  func slices(of samples: Int) -> [BatchSlice] {
    (a.worldSize >= b.worldSize ? a : b).slices(of: samples)
  }

  /// A mini-batch drawn from the running statistics of A (each slice from its device's), rounded to
  /// float32 unless the model is a float64 one.
  func input(
    _ samples: Int, _ positions: Int, _ generator: inout InputGenerator
  ) -> Activations {
    var values: [Double] = []
    values.reserveCapacity(samples * a.features * positions)
    for (slice, row) in zip(a.slices(of: samples), a.rows) {
      let deviations = row.variance.map { $0 > 0 && $0.isFinite ? $0.squareRoot() : 1 }
      for _ in slice {
        for feature in 0..<a.features {
          let center = row.mean[feature].isFinite ? row.mean[feature] : 0
          for _ in 0..<positions {
            let value = center + deviations[feature] * generator.nextNormal()
            values.append(scalarType == .float64 ? value : Double(Float(value)))
          }
        }
      }
    }
    return Activations(
      samples: samples, features: a.features, positions: positions, values: values)
  }
}
