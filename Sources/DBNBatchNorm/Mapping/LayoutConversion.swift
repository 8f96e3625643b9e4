import DBNTensors

/// One conversion of the BatchNorms of a state dict into a layout.
struct LayoutConversion {
  private let stateDict: StateDict
  private let layout: BatchNormLayout
  private let worldSize: Int?
  private let rule: MergeRule?
  /// Whether the user named the source layout: then it is not the target layout, even if the two
  /// look alike.
  private let hasHint: Bool
  /// Whether to measure what merging loses. Extracting all replicas one by one loses nothing.
  private let measuresDrift: Bool
  private var report = ConversionReport()
  private var drifts: [Drifted] = []
  private var converted = ConvertedSites()

  /// A BatchNorm whose replicas were merged although they differ.
  private typealias Drifted = (name: String, drift: ReplicaDrift)

  init(
    _ stateDict: StateDict, to layout: BatchNormLayout, worldSize: Int?, merging rule: MergeRule?,
    hasHint: Bool, measuringDrift measuresDrift: Bool = true
  ) {
    self.stateDict = stateDict
    self.layout = layout
    self.worldSize = worldSize
    self.rule = rule
    self.hasHint = hasHint
    self.measuresDrift = measuresDrift
  }

  mutating func run(_ selected: SelectedSites) throws(CheckpointError) -> BatchNormConversion {
    let sites = selected.sites.filter { !isAlready($0) }
    guard !sites.isEmpty || layout.buffers == .shared else { throw nothingToDo(selected.sites[0]) }
    report.skipped =
      selected.sites.filter(isAlready)
      .map { .init($0.name, "already \($0.layout)") } + selected.others
      + selected.leftAlone.map { .init($0.name, "not taken for a BatchNorm") }
    var failures: [Drifted] = []
    for site in sites {
      do throws(CheckpointError) {
        try convert(site, &failures)
      } catch {
        throw error.with(name: site.name)
      }
    }
    if !failures.isEmpty { throw refusal(failures, among: sites.count) }
    drifts.sort { $0.drift.isWorse(than: $1.drift) }
    report.losses = drifts.map { .init($0.name, "\($0.drift)") } + report.losses
    report.converted = sites.map(\.name)
    return BatchNormConversion(
      stateDict: try converted.applied(to: stateDict), report: report, record: record(sites),
      rule: rule,
      before: hints(sites) { .init($0.layout, worldSize: $0.worldSize) },
      after: hints(sites) {
        .init(layout.fitting($0.quantities), worldSize: worldSize ?? $0.worldSize)
      }, leftAlone: selected.leftAlone, assumption: selected.assumption)
  }

  private func hints(
    _ sites: [BatchNormSite], _ hint: (BatchNormSite) -> BatchNormSurvey.Hint
  ) -> [String: BatchNormSurvey.Hint] {
    Dictionary(sites.map { ($0.name, hint($0)) }, uniquingKeysWith: { first, _ in first })
  }

  /// Whether a BatchNorm already is in the target layout.
  private func isAlready(_ site: BatchNormSite) -> Bool {
    guard site.layout == layout.fitting(site.quantities), !hasHint else { return false }
    return layout.buffers == .shared || rule == nil
  }

  private func nothingToDo(_ site: BatchNormSite) -> CheckpointError {
    CheckpointError(
      .unexpectedLayout, name: site.name, "its layout is already \(site.layout)",
      advice: "give \(.mergeRule) to merge its replicas first")
  }

  private mutating func convert(
    _ site: BatchNormSite, _ failures: inout [Drifted]
  ) throws(CheckpointError) {
    var state = try BatchNormState(site, in: stateDict)
    if startsCounting(site) { try state.startCounting() }
    let devices = worldSize ?? site.worldSize
    let keepsRows =
      site.layout.buffers == .rows && layout.buffers == .rows && rule == nil
      && devices == site.worldSize
    try checkParameters(state, site, keepsRows: keepsRows)
    let hasCounted = try state.hasCounted()
    if hasCounted && !layout.hasCounterPlace {
      report.losses.append(
        .init(site.name, "the counter of batches, which \(layout) does not keep"))
    }
    if measuresDrift, try !state.replicasAreIdentical() {
      let drift = try ReplicaStatistics(state).drift
      if !keepsRows {
        let needsRule = rule == .identical || (rule == nil && !site.layout.hasSharedStatistics)
        if needsRule { return failures.append((site.name, drift)) }
        drifts.append((site.name, drift))
      } else if let change = site.layout.change(to: layout) {
        report.losses.append(.init(site.name, change))
      }
      let counts = try state.countersDiffer()
      if counts && keepsRows && !layout.keepsCounters {
        report.losses.append(
          .init(site.name, "each device's own counter of batches; the largest is kept"))
      }
    }
    let target = BatchNormState.Target(
      layout: layout.fitting(site.quantities), worldSize: devices, rule: rule,
      keepsRows: keepsRows)
    try converted.convert(site, of: stateDict, state, to: target)
  }

  /// Whether the new layout keeps a counter that the old one has no key for. State dicts from
  /// before PyTorch 0.4.1 look frozen and come back from V devices unchanged.
  private func startsCounting(_ site: BatchNormSite) -> Bool {
    layout.hasCounterPlace && !site.layout.hasCounterPlace
      && (layout == .standard || site.layout != .frozen)
  }

  /// - Throws: `unexpectedLayout` when each device has its own weights and they can't be kept.
  private mutating func checkParameters(
    _ state: BatchNormState, _ site: BatchNormSite, keepsRows: Bool
  ) throws(CheckpointError) {
    let unsupported = BatchNormQuantity.allCases.first { quantity in
      !quantity.isCounter && site.quantities.contains(quantity)
        && layout.fitting(site.quantities).tensors[quantity] == nil
    }
    if let unsupported {
      throw CheckpointError(
        .unexpectedLayout,
        "it has \(withArticle(unsupported.rawValue)), which the layout \(layout) cannot hold")
    }
    let keepsParameters = keepsRows && layout.tensors[.weight]?.devices != nil
    if keepsParameters { return }
    guard try state.parametersDiffer() else { return }
    guard layout.buffers == .shared || layout.tensors[.weight]?.devices != nil else {
      throw CheckpointError(
        .unexpectedLayout,
        "each device has its own weight and bias, and the layout \(layout) has one pair for all",
        advice: "convert it to standard first: that keeps the pair that evaluation uses")
    }
    report.losses.append(
      .init(site.name, "the devices' own weights and biases, which evaluation does not use"))
  }

  private func refusal(_ drifts: [Drifted], among count: Int) -> CheckpointError {
    let worst = drifts.max { $1.drift.isWorse(than: $0.drift) }
    return CheckpointError(
      .replicasDiffer, name: worst?.name,
      "the replicas of \(drifts.count) of \(count) BatchNorms differ; in this one, the worst, "
        + (worst?.drift.description ?? ""),
      advice: "choose how to merge them with \(.anyMergeRule)")
  }

  private func record(_ sites: [BatchNormSite]) -> JSON {
    let isDistributed = layout.buffers == .rows || layout == .firstDevice
    var members: [JSON.Member] = [
      .init("operation", isDistributed ? "to-distributed" : "to-standard")
    ]
    if layout != .standard { members.append(.init("layout", .string(layout.name))) }
    let froms = Set(sites.map(\.layout.name)).subtracting(["standard", "replicated"])
    if !froms.isEmpty { members.append(.init("from", .array(froms.sorted().map { .string($0) }))) }
    if isDistributed, let worldSize = worldSize ?? sites.map(\.worldSize).max() {
      members.append(.init("world_size", .int(worldSize)))
    }
    if sites.contains(where: { $0.layout.buffers == .rows }) {
      members += mergeRecord(sites)
    }
    return .object(members + [.init("batch_norms", .int(sites.count))])
  }

  private func mergeRecord(_ sites: [BatchNormSite]) -> [JSON.Member] {
    var drift = ReplicaDrift()
    for item in drifts { drift.formUnion(item.drift) }
    let usesShared = rule == nil && sites.contains { $0.layout.hasSharedStatistics }
    return [
      .init(
        "statistics",
        .string(usesShared ? "evaluation" : (rule ?? .identical).description)),
      .init("world_sizes", .array(Set(sites.map(\.worldSize)).sorted().map { .int($0) })),
      .init("drifted", .int(drifts.count)),
      .init("drift", ["mean": .double(drift.mean), "variance": .double(drift.variance)]),
    ]
  }
}

extension BatchNormLayout {
  /// Whether there are also shared running statistics, which evaluation uses.
  var hasSharedStatistics: Bool {
    evaluation == .shared && tensors[.runningMean]?.shared != nil
  }

  fileprivate var hasCounterPlace: Bool { tensors[.numBatchesTracked] != nil }

  /// Whether each device has its own counter.
  fileprivate var keepsCounters: Bool {
    tensors[.numBatchesTracked]?.devices.map { $0.form != .single } ?? false
  }

  /// What the rows of devices mean differently in another layout; nil if nothing.
  fileprivate func change(to other: BatchNormLayout) -> String? {
    var changes: [String] = []
    if slices != other.slices {
      changes.append("the samples of device i are \(other.slices), not \(slices)")
    }
    if evaluation != other.evaluation {
      changes.append("evaluation uses \(other.evaluation.text), not \(evaluation.text)")
    }
    return changes.isEmpty ? nil : "all rows are kept, but " + changes.joined(separator: "; ")
  }
}

extension BatchNormLayout.Evaluation {
  fileprivate var text: String {
    switch self {
    case .shared: "the statistics that all devices share"
    case .row: "the device's own statistics"
    case .mean: "the mean of the devices' statistics"
    }
  }
}
