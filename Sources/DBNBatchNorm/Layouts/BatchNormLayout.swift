public import DBNTensors

/// How a kind of BatchNorm keeps its state and divides the mini-batch. It is a plain value, so a
/// new layout needs no new type.
///
/// C features, V virtual devices, N samples in the mini-batch.
public struct BatchNormLayout: Sendable, Hashable, CustomStringConvertible {
  /// Whether each device has its own running statistics.
  public enum BufferShape: Sendable, Hashable {
    /// All devices share one set of C values.
    case shared
    /// Each device has a row of C values.
    case rows
  }

  /// Which samples of a mini-batch a device gets.
  public enum Slices: String, Sendable, Hashable, CaseIterable {
    /// Device i has samples i * k ..< min((i + 1) * k, N), where k = ceil(N / V).
    case contiguous
    /// Device i has the samples j with j mod V = i.
    case interleaved
  }

  /// Which running statistics training updates.
  public enum Training: String, Sendable, Hashable, CaseIterable {
    /// Each device updates its own row.
    case everyDevice
    /// Only device 0 updates the shared buffers.
    case firstDevice
  }

  /// Which statistics evaluation normalises with.
  public enum Evaluation: String, Sendable, Hashable, CaseIterable {
    /// The statistics that all devices share.
    case shared
    /// Those of the device that the slice belongs to.
    case row
    /// The mean of the devices' means, and the mean of their variances.
    case mean
  }

  /// The library whose modules use a layout; it determines the defaults of epsilon and momentum.
  public enum Family: Sendable, Hashable {
    /// `torch.nn.BatchNorm2d` and modules derived from it.
    case pyTorch
    /// `keras.layers.BatchNormalization`.
    case keras
  }

  /// The name on the command line and in histories, which `named` looks up.
  public let name: String
  /// The name in reports and JSON, the same for layouts that differ only in their keys.
  public let description: String
  /// The library that the layout comes from.
  public let family: Family
  /// Whether it can be recognised by names and shapes. A layout that looks like another one is used
  /// only if the user names it.
  public let isRecognisable: Bool
  /// Where each quantity is kept; the layout does not have the quantities that are missing here.
  public let tensors: [BatchNormQuantity: TensorPlacement]
  /// How the keys are numbered; nil if they are names. Numbered keys alone don't identify a
  /// BatchNorm.
  public let numbering: VariableNumbering?
  /// Which samples each device gets.
  public let slices: Slices
  /// Which running statistics training updates.
  public let training: Training
  /// Which statistics evaluation normalises with.
  public let evaluation: Evaluation

  /// - Parameters:
  ///   - name: nil to use the description.
  ///   - isRecognisable: false if its names and shapes also fit another layout.
  public init(
    description: String, name: String? = nil, family: Family = .pyTorch,
    isRecognisable: Bool = true, tensors: [BatchNormQuantity: TensorPlacement],
    numbering: VariableNumbering? = nil, slices: Slices = .contiguous,
    training: Training = .everyDevice, evaluation: Evaluation = .shared
  ) {
    self.description = description
    self.name = name ?? description
    self.family = family
    self.isRecognisable = isRecognisable
    self.tensors = tensors
    self.numbering = numbering
    self.slices = slices
    self.training = training
    self.evaluation = evaluation
  }

  /// Whether each device has its own running statistics.
  public var buffers: BufferShape {
    tensors[.runningMean]?.devices == nil ? .shared : .rows
  }

  /// The same state with interleaved slices: device i has the samples j with j mod V = i.
  public var interleaved: Self {
    slices == .interleaved
      ? self
      : Self(
        description: description + Self.interleavedSuffix, name: name + Self.interleavedSuffix,
        family: family, isRecognisable: false, tensors: tensors, numbering: numbering,
        slices: .interleaved, training: training,
        evaluation: evaluation)
  }

  /// The name, if it differs from the description that reports use; otherwise nil.
  public var nameInFamily: String? { name == description ? nil : name }

  private static let interleavedSuffix = ", interleaved"

  /// The known layout with this name.
  public static func named(_ name: String) -> BatchNormLayout? {
    if name.hasSuffix(interleavedSuffix) {
      return named(String(name.dropLast(interleavedSuffix.count)))?.interleaved
    }
    return all.first { $0.name == name }
  }
}
