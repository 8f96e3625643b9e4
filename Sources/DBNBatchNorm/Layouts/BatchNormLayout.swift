/// How a kind of BatchNorm keeps its state and treats the mini-batch: a value, so that adding a
/// layout is adding a value.
///
/// C features, V virtual devices, N samples in the mini-batch.
public struct BatchNormLayout: Sendable, Hashable, CustomStringConvertible {
  /// Whether a device has running statistics of its own.
  public enum BufferShape: Sendable, Hashable {
    /// All devices share them: C values.
    case shared
    /// A row of C values for each device.
    case rows
  }

  /// Which samples of a mini-batch a device gets.
  public enum Slices: String, Sendable, Hashable, CaseIterable {
    /// Device i has samples i * k ..< min((i + 1) * k, N), where k = ceil(N / V).
    case contiguous
    /// Device i has the samples j with j mod V = i.
    case interleaved
  }

  /// Whose running statistics a batch's statistics go to in training.
  public enum Training: String, Sendable, Hashable, CaseIterable {
    /// Each device moves its own row.
    case everyDevice
    /// Device 0 alone moves the buffers that all share.
    case firstDevice
  }

  /// What normalises in evaluation.
  public enum Evaluation: String, Sendable, Hashable, CaseIterable {
    /// The statistics that all devices share.
    case shared
    /// Those of the device whose slice it is.
    case row
    /// The mean of the devices' means, and of their variances.
    case mean
  }

  /// Whose modules keep their state so: what the defaults of epsilon and momentum are, and what
  /// people call the layout.
  public enum Family: Sendable, Hashable {
    /// `torch.nn.BatchNorm2d` and what others have made of it.
    case pyTorch
    /// `keras.layers.BatchNormalization`.
    case keras
  }

  /// The name on the command line and in histories: what `named` finds.
  public let name: String
  /// The name in reports and JSON, which layouts that differ in their keys alone have in common.
  public let description: String
  /// The library whose layout it is.
  public let family: Family
  /// Whether it is recognised by names and shapes. A layout that looks like another is read only
  /// where a person names it.
  public let isRecognisable: Bool
  /// Where each quantity is kept; what is not in it, the layout does not have.
  public let tensors: [BatchNormQuantity: TensorPlacement]
  /// How the keys are numbered, where they are: keys alone then don't show that it is a BatchNorm.
  public let numbering: VariableNumbering?
  /// Which samples a device has.
  public let slices: Slices
  /// Whose running statistics training moves.
  public let training: Training
  /// What normalises in evaluation.
  public let evaluation: Evaluation

  /// - Parameters:
  ///   - name: nil: the description.
  ///   - isRecognisable: false for one whose names and shapes are those of another, too.
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

  /// Whether a device has running statistics of its own.
  public var buffers: BufferShape {
    tensors[.runningMean]?.devices == nil ? .shared : .rows
  }

  /// The same state for devices that have the samples j with j mod V = i, not consecutive ones.
  public var interleaved: Self {
    slices == .interleaved
      ? self
      : Self(
        description: description + Self.interleavedSuffix, name: name + Self.interleavedSuffix,
        family: family, isRecognisable: false, tensors: tensors, numbering: numbering,
        slices: .interleaved, training: training,
        evaluation: evaluation)
  }

  /// The name, where reports call other layouts by the same description; nil where they don't.
  public var nameInFamily: String? { name == description ? nil : name }

  private static let interleavedSuffix = ", interleaved"

  /// The known layout of this name.
  public static func named(_ name: String) -> BatchNormLayout? {
    if name.hasSuffix(interleavedSuffix) {
      return named(String(name.dropLast(interleavedSuffix.count)))?.interleaved
    }
    return all.first { $0.name == name }
  }
}
