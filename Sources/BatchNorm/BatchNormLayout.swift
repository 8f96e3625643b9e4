import Tensors

/// How a kind of BatchNorm keeps its state and treats the mini-batch: a value, so that adding a
/// layout is adding a value.
///
/// C features, V virtual devices, N samples in the mini-batch.
public struct BatchNormLayout: Sendable, Hashable, Codable, CustomStringConvertible {
  /// Which shape a buffer has on disk.
  public enum BufferShape: String, Sendable, Hashable, Codable {
    /// `running_mean` and `running_var` [C], `num_batches_tracked` a scalar.
    case shared
    /// `running_mean` and `running_var` [V, C], `num_batches_tracked` [V]: a row for each device.
    case rows
  }

  /// Which samples of a mini-batch a device gets.
  public enum Slices: String, Sendable, Hashable, Codable {
    /// Device i has samples i * k ..< min((i + 1) * k, N), where k = ceil(N / V).
    case contiguous
    /// Device i has the samples j with j mod V = i.
    case interleaved
  }

  /// Whose running statistics a batch's statistics go to in training.
  public enum Training: String, Sendable, Hashable, Codable {
    /// Each device moves its own row.
    case everyDevice
    /// Device 0 alone moves the buffers that all share.
    case firstDevice
  }

  /// The name in reports and JSON.
  public let description: String
  public let buffers: BufferShape
  public let slices: Slices
  public let training: Training

  public init(
    description: String, buffers: BufferShape, slices: Slices = .contiguous,
    training: Training = .everyDevice
  ) {
    self.description = description
    self.buffers = buffers
    self.slices = slices
    self.training = training
  }

  /// What `BatchNorm2d` and its like keep; SyncBatchNorm too.
  public static let standard = Self(description: "standard", buffers: .shared)
  /// V virtual devices, each with its own running statistics. Consecutive slices of ceil(N/V)
  /// samples; in evaluation slice i is normalised with row i.
  public static let replicated = Self(description: "replicated", buffers: .rows)
  /// V virtual devices of which the first alone moves the running statistics, as rank 0 of a
  /// data-parallel job that saves its own. On disk the same as standard.
  public static let firstDevice = Self(
    description: "first-device", buffers: .shared, training: .firstDevice)

  /// The same state for devices that have the samples j with j mod V = i, not consecutive ones.
  public var interleaved: Self {
    slices == .interleaved
      ? self
      : Self(
        description: "\(description), interleaved", buffers: buffers, slices: .interleaved,
        training: training)
  }

  public static let all: [BatchNormLayout] = [.standard, .replicated]

  /// The number of values of a statistic that `worldSize` devices keep: its shape on disk.
  package func statisticShape(features: Int, worldSize: Int) -> [Int] {
    switch buffers {
    case .shared: [features]
    case .rows: [worldSize, features]
    }
  }

  package func counterShape(worldSize: Int) -> [Int] {
    switch buffers {
    case .shared: []
    case .rows: [worldSize]
    }
  }

  /// Recognises the layout of a `running_mean` by its shape. A file can declare 2^40 devices of no
  /// features, so V is limited before anything is allocated for each.
  static func recognise(statisticShape shape: [Int]) -> (
    layout: Self, worldSize: Int, features: Int
  )? {
    switch shape.count {
    case 1: (.standard, 1, shape[0])
    case 2 where (1...StateDict.worldSizeLimit).contains(shape[0]):
      (.replicated, shape[0], shape[1])
    default: nil
    }
  }
}
