public import DBNBatchNorm
import DBNExecution

/// How a distributed BatchNorm divides a mini-batch in evaluation, if results depend on it: each
/// device normalises its samples with its own running statistics.
public struct SliceRule: Sendable, Hashable {
  /// The layout, which determines each device's samples and the statistics for evaluation.
  public let layout: BatchNormLayout
  /// V.
  public let worldSize: Int

  /// Makes the rule for V devices in a layout.
  public init(layout: BatchNormLayout, worldSize: Int) {
    self.layout = layout
    self.worldSize = worldSize
  }

  /// The largest number of samples that a device gets from a batch.
  public func samplesPerDevice(of batch: Int) -> Int {
    layout.slices(of: batch, worldSize: worldSize).map(\.count).max() ?? 0
  }

  /// How many devices get no samples of a batch, so that their statistics are not used.
  public func idleDevices(of batch: Int) -> Int {
    layout.slices(of: batch, worldSize: worldSize).count(where: \.isEmpty)
  }
}

extension Executor {
  /// The rules by which its BatchNorms depend on the batch; usually one or none.
  var sliceRules: [SliceRule] {
    let rules = batchNorms.values.filter { module in
      module.layout.evaluation == .row && module.worldSize > 1 && !module.rows.isEmpty
    }.map { SliceRule(layout: $0.layout, worldSize: $0.worldSize) }
    return Set(rules).sorted {
      ($0.worldSize, $0.layout.description) < ($1.worldSize, $1.layout.description)
    }
  }
}
