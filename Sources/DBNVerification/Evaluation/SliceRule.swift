public import DBNBatchNorm
import DBNExecution

/// How a distributed BatchNorm treats a mini-batch in evaluation, where that depends on the batch:
/// each device normalises its samples with its own running statistics.
public struct SliceRule: Sendable, Hashable {
  /// Which samples a device has, and what evaluation uses.
  public let layout: BatchNormLayout
  /// V.
  public let worldSize: Int

  /// Makes the rule of V devices in a layout.
  public init(layout: BatchNormLayout, worldSize: Int) {
    self.layout = layout
    self.worldSize = worldSize
  }

  /// The most samples that a device has of a batch.
  public func samplesPerDevice(of batch: Int) -> Int {
    layout.slices(of: batch, worldSize: worldSize).map(\.count).max() ?? 0
  }

  /// How many devices have none of a batch, so that their statistics are not used.
  public func idleDevices(of batch: Int) -> Int {
    layout.slices(of: batch, worldSize: worldSize).count(where: \.isEmpty)
  }
}

extension Executor {
  /// The rules by which its BatchNorms depend on the batch; most often one, or none.
  var sliceRules: [SliceRule] {
    let rules = batchNorms.values.filter { module in
      module.layout.evaluation == .row && module.worldSize > 1 && !module.rows.isEmpty
    }.map { SliceRule(layout: $0.layout, worldSize: $0.worldSize) }
    return Set(rules).sorted {
      ($0.worldSize, $0.layout.description) < ($1.worldSize, $1.layout.description)
    }
  }
}
