import DBNBatchNorm
import DBNExecution
import DBNModels
import DBNTensors

/// The same BatchNorm in two checkpoints.
struct BatchNormPair {
  /// The BatchNorm of one checkpoint.
  struct Side {
    let site: BatchNormSite
    let stateDict: StateDict
    /// Epsilon and momentum.
    let options: BatchNormModule.Options
    /// What is stored, including values that don't affect a run.
    let state: BatchNormState

    init(
      _ site: BatchNormSite, in stateDict: StateDict, _ options: BatchNormModule.Options
    ) throws(CheckpointError) {
      (self.site, self.stateDict, self.options) = (site, stateDict, options)
      state = try BatchNormState(site, in: stateDict)
    }

    /// Without its numbers.
    var norm: NormModule { NormModule(site, options) }
  }

  let name: String
  let a: Side
  let b: Side
  /// Epsilon and momentum of the two, if they differ.
  let settings: BatchNormSettingsPair.Difference?
  /// C.
  let features: Int
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
    self.a = try Side(siteA, in: a, options.a)
    self.b = try Side(siteB, in: b, options.b)
    features = siteA.features
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
}
