import DBNBatchNorm
import DBNExecution

/// A BatchNorm with newly measured running statistics, and how far they moved.
public struct RecalibratedLayer: Sendable {
  /// The module's name in the state dict.
  public let name: String
  /// V.
  public let worldSize: Int
  /// The largest distance of a new mean from the old mean, in new standard deviations.
  public let meanMoved: Double
  /// The largest relative distance of an old variance from the new one: |ratio - 1|.
  public let varianceMoved: Double

  init(name: String, from old: BatchNormModule, to new: BatchNormModule) {
    self.name = name
    worldSize = new.worldSize
    let rows = Array(zip(old.rows, new.rows))
    meanMoved = Self.largest(
      rows.flatMap { old, new in
        old.mean.indices.map { index in
          (abs(new.mean[index] - old.mean[index]), new.variance[index].squareRoot())
        }
      })
    varianceMoved = Self.largest(
      rows.flatMap { old, new in
        old.variance.indices.map { index in
          (abs(old.variance[index] - new.variance[index]), new.variance[index])
        }
      })
  }

  /// The largest ratio; 0 / 0 counts as 0, NaN as infinite.
  private static func largest(_ ratios: [(distance: Double, unit: Double)]) -> Double {
    ratios.reduce(0) { largest, next in
      let ratio = next.distance == 0 ? 0 : next.distance / next.unit
      return max(largest, ratio.isNaN ? .infinity : ratio)
    }
  }
}
