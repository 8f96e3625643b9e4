public import Tensors

extension StateDict {
  /// Maps distributed BatchNorms to standard ones, merging the replicas by a rule.
  ///
  /// With `identical` nothing is lost. With every other rule the history records what the replicas'
  /// drift was. Counters merge to replica K's with `replica:K`, to replica 0's with `first`, else to
  /// the largest.
  ///
  /// - Throws: `replicasDiffer` with the drift and the choices, `invalidWorldSize` for a replica
  ///   that does not exist, `noBatchNorm`, `unexpectedLayout`.
  public func toStandard(
    merging rule: MergeRule = .identical, selection: BatchNormSelection = .all
  ) throws(CheckpointError) -> BatchNormConversion {
    var converter = try BatchNormConverter(self, selection: selection, from: .replicated)
    let drifts = try drifted(converter.selected)
    if rule == .identical { try refuse(drifts, among: converter.selected.count) }
    let merged = try converter.replaceBuffers(in: self, from: rule.sources) {
      site, key, buffer throws(CheckpointError) in
      try merge(site, key, buffer, by: rule)
    }
    converter.report.converted = converter.selected.map(\.name)
    converter.report.losses = drifts.map { .init($0.name, "\($0.drift)") }
    return BatchNormConversion(
      stateDict: merged, report: converter.report,
      record: record(rule, converter.selected, drifts))
  }

  private typealias Drifted = (name: String, drift: ReplicaDrift)

  /// The BatchNorms whose replicas are not equal to the last bit, counters included, worst first.
  private func drifted(_ sites: [BatchNormSite]) throws(CheckpointError) -> [Drifted] {
    var result: [Drifted] = []
    for site in sites where try !replicasAreIdentical(site) {
      result.append((site.name, try ReplicaStatistics(site, in: self).drift))
    }
    return result.sorted { $0.drift.isWorse(than: $1.drift) }
  }

  /// Whether all replicas of a BatchNorm have the same bytes, counters included.
  public func replicasAreIdentical(_ site: BatchNormSite) throws(CheckpointError) -> Bool {
    for key in site.bufferKeys {
      guard let buffer = self[key] else { continue }
      do throws(CheckpointError) {
        guard try buffer.hasEqualRows(site.worldSize) else { return false }
      } catch {
        throw error.with(name: key)
      }
    }
    return true
  }

  private func refuse(_ drifts: [Drifted], among count: Int) throws(CheckpointError) {
    guard let worst = drifts.first else { return }
    throw CheckpointError(
      .replicasDiffer, name: worst.name,
      "the replicas of \(drifts.count) of \(count) BatchNorms differ; in this one, the worst, "
        + "\(worst.drift)",
      advice: "choose how to merge them with --statistics first, mean, pooled or replica:K")
  }

  private func record(_ rule: MergeRule, _ sites: [BatchNormSite], _ drifts: [Drifted]) -> JSON {
    var drift = ReplicaDrift()
    for item in drifts { drift.formUnion(item.drift) }
    return [
      "operation": "to-standard", "statistics": .string(rule.description),
      "world_sizes": .array(Set(sites.map(\.worldSize)).sorted().map { .int($0) }),
      "batch_norms": .int(sites.count), "drifted": .int(drifts.count),
      "drift": ["mean": .double(drift.mean), "variance": .double(drift.variance)],
    ]
  }

  private func merge(
    _ site: BatchNormSite, _ key: String, _ buffer: Tensor, by rule: MergeRule
  ) throws(CheckpointError) -> Tensor {
    if case .replica(let index) = rule, index >= site.worldSize {
      throw CheckpointError(
        .invalidWorldSize, "there is no replica \(index)",
        advice: "replicas are counted from 0 to \(site.worldSize - 1)")
    }
    switch rule {
    case .identical, .first: return try buffer.row(0)
    case .replica(let index): return try buffer.row(index)
    case .mean, .pooled:
      if key == site.key("num_batches_tracked") {
        return try buffer.row(try buffer.doubles().indexOfLargest)
      }
      let statistics = try ReplicaStatistics(site, in: self).merged(by: rule)
      var merged = try Tensor(
        rounding: key == site.key("running_mean") ? statistics.mean : statistics.variance,
        to: buffer.scalarType, shape: [site.features])
      merged.kind = buffer.kind
      merged.requiresGrad = buffer.requiresGrad
      return merged
    }
  }
}

extension Tensor {
  private var rowByteCount: Int { shape[0] == 0 ? 0 : byteCount / shape[0] }

  /// [V, ...] becomes [...]: the bytes of one row.
  fileprivate func row(_ index: Int) throws(CheckpointError) -> Tensor {
    let bytes = try storage.withBytes { bytes in
      bytes.withUnsafeBytes { all in
        Array(all[index * rowByteCount..<(index + 1) * rowByteCount])
      }
    }
    return try Tensor(
      scalarType, shape: Array(shape.dropFirst()), storage: TensorStorage(ByteRegion(bytes)),
      kind: kind, requiresGrad: requiresGrad)
  }

  /// Whether the bytes are `count` times the same row.
  fileprivate func hasEqualRows(_ count: Int) throws(CheckpointError) -> Bool {
    if count == 1 { return true }
    let rowByteCount = byteCount / count
    return try storage.withBytes { bytes in
      // Rows are all equal if the whole is equal to itself moved by one row.
      bytes.extracting(droppingFirst: rowByteCount).hasEqualBytes(
        to: bytes.extracting(droppingLast: rowByteCount))
    }
  }
}

extension [Double] {
  fileprivate var indexOfLargest: Int { indices.max { self[$0] < self[$1] } ?? 0 }
}

extension MergeRule {
  /// The keys that a merged buffer is made from: `pooled` variances need the means.
  fileprivate func sources(_ site: BatchNormSite, _ key: String) -> [String] {
    self == .pooled && key == site.key("running_var") ? [site.key("running_mean"), key] : [key]
  }
}

extension ReplicaDrift: CustomStringConvertible {
  /// "means are up to 0.31 standard deviations and variances up to 12 % from the mean of all".
  public var description: String {
    guard self != ReplicaDrift() else {
      return "only num_batches_tracked or the sign of a zero differs, means and variances are equal"
    }
    return "means are up to \(mean.shortened) standard deviations and variances up to "
      + "\((variance * 100).shortened) % from the mean of all"
  }

  /// NaN, which nothing can be compared with, counts as infinite.
  private var largest: Double { mean.isNaN || variance.isNaN ? .infinity : max(mean, variance) }

  func isWorse(than other: ReplicaDrift) -> Bool {
    largest > other.largest
  }
}

extension Double {
  /// Three significant digits.
  fileprivate var shortened: String {
    guard isFinite, self != 0 else { return "\(self)" }
    var digits = 1.0
    while abs(self) * digits < 100, digits < 1e12 { digits *= 10 }
    return "\((self * digits).rounded() / digits)"
  }
}
