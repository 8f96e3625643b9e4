import DBNBatchNorm
import DBNComparison
import DBNTensors

extension Report {
  /// A report on how much the devices of a checkpoint's BatchNorms differ, and on the results of
  /// merging them.
  ///
  /// - Parameters:
  ///   - layers: its BatchNorms, in order.
  ///   - summary: facts about the file, each a term and its meaning.
  public init(
    driftOf path: String, _ layers: [ReplicaLayer], summary: [(term: String, meaning: String)]
  ) {
    self.init(driftOf: ReportedFile(named: path), layers, summary: summary)
  }

  /// The same, of a file.
  public init(
    driftOf file: ReportedFile, _ layers: [ReplicaLayer],
    summary: [(term: String, meaning: String)]
  ) {
    let path = file.path
    let replicated = layers.filter { $0.statistics.worldSize > 1 }
    let drift = replicated.reduce(into: ReplicaDrift()) { $0.formUnion($1.statistics.drift) }
    let verdict: Page.Verdict =
      replicated.isEmpty
      ? .init("No BatchNorm has statistics of several devices", .neutral)
      : drift == ReplicaDrift()
        ? .init("All devices have the same statistics", .good)
        : .init("The devices' statistics differ", .neutral)
    page = Page(
      kicker: "BatchNorm statistics", subject: path.fileName, verdict: verdict,
      figures: Self.figures(layers, drift, ofDevices: !replicated.isEmpty),
      facts: summary.map { Page.Fact($0.term, $0.meaning) }
        + (replicated.isEmpty
          ? []
          : [Page.Fact("Drift", "\(drift)")]),
      sections: replicated.isEmpty
        ? [DriftSections.plain(layers), .files([("checkpoint", file)])]
        : LayerDrifts(replicated).sections
          + [DriftSections.merging(replicated), .files([("checkpoint", file)])])
  }
}

extension Report {
  private static func figures(
    _ layers: [ReplicaLayer], _ drift: ReplicaDrift, ofDevices hasDevices: Bool
  ) -> [Page.Figure] {
    let devices = layers.map(\.statistics.worldSize)
    let (least, most) = (devices.min() ?? 1, devices.max() ?? 1)
    var figures = [Page.Figure("\(layers.count)", "BatchNorms")]
    guard hasDevices else { return figures }
    figures += [
      Page.Figure(least == most ? "\(most)" : "\(least) to \(most)", "devices"),
      Page.Figure("\(drift.mean.brief) σ", "largest drift of a mean"),
      Page.Figure("\((100 * drift.variance).brief) %", "largest drift of a variance"),
    ]
    return figures
  }
}

private enum DriftSections {
  static func plain(_ layers: [ReplicaLayer]) -> Page.Section {
    Page.Section(
      heading: "BatchNorms",
      tables: [
        Table(
          "Every BatchNorm", isOpen: true, columns: ["BatchNorm", "layout", "features"],
          rows: layers.map { layer in
            Table.Row(layer.name.moduleName, [layer.layout, "\(layer.statistics.features)"])
          })
      ])
  }

  private static let rules: [MergeRule] = [.first, .mean, .pooled]

  static func merging(_ layers: [ReplicaLayer]) -> Page.Section {
    Page.Section(
      heading: "Before and after merging",
      paragraphs: [
        "Variances before merging (the range of all devices) and after it by each rule, in units "
          + "of the pooled variance, which is that of all devices' samples taken together; "
          + "averaged over the features."
      ],
      rangePlot: RangePlot(
        "Variances of \(layers.count) BatchNorms before and after merging, in units of the pooled "
          + "variance",
        caption: "Logarithmic axis; at 1, a rule gives the variance of all samples together.",
        range: "devices", markers: rules.map(\.description),
        rows: layers.map { layer in
          (
            layer.name.moduleName, layer.relativeVariances,
            rules.map { layer.relativeVariance(mergedBy: $0) }
          )
        }),
      tables: [
        Table(
          "Every rule", columns: columns,
          rows: layers.map { layer in
            let devices = layer.relativeVariances
            let range = [devices.min() ?? .nan, devices.max() ?? .nan]
            let variances = rules.map { layer.relativeVariance(mergedBy: $0) }
            let shifts = rules.map { layer.meanShift(mergedBy: $0) }
            return Table.Row(
              layer.name.moduleName, (range + variances + shifts).map(\.digits))
          })
      ])
  }

  private static let columns =
    ["BatchNorm", "smallest variance", "largest variance"]
    + rules.map { "variance, \($0)" } + rules.map { "mean shift, \($0)" }
}
