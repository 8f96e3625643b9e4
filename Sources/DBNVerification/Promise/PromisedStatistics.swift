import DBNBatchNorm
import DBNTensors

/// The numbers that a BatchNorm must have after a conversion, derived from the rule alone and
/// computed differently from the conversion.
struct PromisedStatistics {
  /// Numbers that are either copied, with the same bits, or computed and rounded once.
  struct Numbers: Sendable, Equatable {
    var values: [Double]
    /// The uncertainty of the Float64 arithmetic that computed them; nil if they are copied.
    var slack: [Double]?
  }

  private let state: BatchNormState
  private let layout: BatchNormLayout
  private let rule: MergeRule?
  private let keepsRows: Bool

  /// - Parameters:
  ///   - state: the state before the conversion.
  ///   - before: its layout and V.
  ///   - after: the layout and V that were written.
  ///   - rule: how rows are merged; nil for the shared values, or the value that all rows have.
  init(
    _ state: BatchNormState, from before: BatchNormSurvey.Hint, to after: BatchNormSurvey.Hint,
    merging rule: MergeRule?
  ) {
    self.state = state
    layout = after.layout
    self.rule = rule
    keepsRows =
      before.layout.buffers == .rows && after.layout.buffers == .rows && rule == nil
      && state.worldSize == after.worldSize
  }

  /// The shared numbers in the new layout.
  func shared(_ quantity: BatchNormQuantity) throws(CheckpointError) -> Numbers? {
    guard keepsRows, let devices = layout.tensors[quantity]?.devices,
      let rows = try rows(of: quantity)
    else { return try single(quantity, rule) }
    if devices.form == .each || !quantity.isBuffer { return Numbers(values: rows[0]) }
    return quantity == .numBatchesTracked ? largest(rows) : try pooled(quantity)
  }

  /// The devices' numbers in the new layout, one device after another.
  func devices(
    _ quantity: BatchNormQuantity, worldSize: Int
  ) throws(CheckpointError) -> Numbers? {
    let form = layout.tensors[quantity]?.devices?.form
    if keepsRows, let rows = try rows(of: quantity) {
      return form == .single
        ? largest(rows).repeated(worldSize) : Numbers(values: rows.flatMap(\.self))
    }
    return try single(quantity, keepsRows ? nil : rule)?.repeated(worldSize)
  }

  private func single(
    _ quantity: BatchNormQuantity, _ rule: MergeRule?
  ) throws(CheckpointError) -> Numbers? {
    let shared = try state.shared[quantity]?.doubles()
    guard let rows = try rows(of: quantity), quantity.isBuffer, rule != nil || shared == nil else {
      return shared.map { Numbers(values: $0) }
    }
    switch rule {
    case .first: return Numbers(values: rows[0])
    case .replica(let index): return Numbers(values: rows[index])
    default: break
    }
    if quantity == .numBatchesTracked { return largest(rows) }
    switch rule {
    case .mean: return rows.columns { mean(of: $0) }
    case .pooled: return try pooled(quantity)
    default: return Numbers(values: rows[0])
    }
  }

  private func pooled(_ quantity: BatchNormQuantity) throws(CheckpointError) -> Numbers? {
    guard let means = try rows(of: .runningMean) else { return nil }
    if quantity == .runningMean { return means.columns { mean(of: $0) } }
    guard let variances = try rows(of: .runningVar) else { return nil }
    let (within, between) = (variances.columns { mean(of: $0) }, means.columns { spread(of: $0) })
    return Numbers(
      values: zip(within.values, between.values).map(+),
      slack: zip(within.slack ?? [], between.slack ?? []).map(+))
  }

  private func rows(of quantity: BatchNormQuantity) throws(CheckpointError) -> [[Double]]? {
    guard let tensor = state.devices[quantity] else { return nil }
    let values = try tensor.doubles()
    let size = values.count / max(1, state.worldSize)
    return (0..<state.worldSize).map { Array(values[$0 * size..<($0 + 1) * size]) }
  }

  private func largest(_ rows: [[Double]]) -> Numbers {
    Numbers(values: [rows.map { $0[0] }.max() ?? 0])
  }
}

extension PromisedStatistics.Numbers {
  fileprivate func repeated(_ count: Int) -> Self {
    Self(
      values: (0..<count).flatMap { _ in values },
      slack: slack.map { one in (0..<count).flatMap { _ in one } })
  }
}

extension [[Double]] {
  /// A computed number for each column.
  fileprivate func columns(
    _ reduce: ([Double]) -> (value: Double, slack: Double)
  ) -> PromisedStatistics.Numbers {
    let found = (0..<(first?.count ?? 0)).map { column in reduce(map { $0[column] }) }
    return .init(values: found.map(\.value), slack: found.map(\.slack))
  }
}

/// The mean by Neumaier's compensated sum (Neumaier 1974), and how far a plain sum's can be from
/// it.
private func mean(of values: [Double]) -> (value: Double, slack: Double) {
  var (sum, lost) = (0.0, 0.0)
  for value in values {
    let next = sum + value
    lost += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
    sum = next
  }
  let count = Double(max(1, values.count))
  let size = values.reduce(0) { $0 + abs($1) }
  let total = sum.isFinite ? sum + lost : sum
  return (total / count, size * .ulpOfOne)
}

/// The population variance, and how far the result of another algorithm can be from it.
private func spread(of values: [Double]) -> (value: Double, slack: Double) {
  let center = mean(of: values)
  let squares = values.map { ($0 - center.value) * ($0 - center.value) }
  let result = mean(of: squares)
  let largest = squares.max() ?? 0
  let uncertainty = center.slack + abs(center.value) * .ulpOfOne
  return (
    result.value,
    result.slack + 4 * .ulpOfOne * largest
      + 2 * largest.squareRoot() * uncertainty + uncertainty * uncertainty
  )
}
