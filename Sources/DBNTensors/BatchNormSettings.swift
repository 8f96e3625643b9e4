/// The settings of a BatchNorm that its tensors do not contain: PyTorch's arguments `eps` and
/// `momentum` of `torch.nn.BatchNorm2d`.
public struct BatchNormSettings: Sendable, Hashable {
  /// How running statistics follow those of the batches.
  public enum Momentum: Sendable, Hashable {
    /// `running = (1 - momentum) * running + momentum * batch`, as PyTorch defines it. Keras'
    /// momentum is 1 minus this one.
    case exponential(Double)
    /// The average over all batches: PyTorch's `momentum=None`.
    case cumulative
  }

  /// The number that is added to variances before the square root; nil if unknown.
  public var epsilon: Double?
  /// nil if unknown.
  public var momentum: Momentum?

  /// Settings, either of which can be unknown.
  public init(epsilon: Double? = nil, momentum: Momentum? = nil) {
    self.epsilon = epsilon
    self.momentum = momentum
  }

  /// The settings of a `torch.nn.BatchNorm2d` made without arguments.
  public static let pyTorchDefault = BatchNormSettings(
    epsilon: 1e-5, momentum: .exponential(0.1))

  /// The settings of a `keras.layers.BatchNormalization` made without arguments.
  public static let kerasDefault = BatchNormSettings(
    epsilon: 0.001, momentum: .exponential(0.01))
}

extension BatchNormSettings {
  /// These settings, with unknown values taken from the other.
  public func filled(from other: BatchNormSettings) -> BatchNormSettings {
    BatchNormSettings(epsilon: epsilon ?? other.epsilon, momentum: momentum ?? other.momentum)
  }

  /// Whether a value is known in both and differs.
  public func contradicts(_ other: BatchNormSettings) -> Bool {
    filled(from: other) != other.filled(from: self)
  }
}

extension BatchNormSettings: CustomStringConvertible {
  /// `epsilon 0.001, momentum 0.01`.
  public var description: String {
    let epsilon = epsilon.map { "\($0)" } ?? "unknown"
    let momentum = momentum.map { $0.value.map { "\($0)" } ?? "None" } ?? "unknown"
    return "epsilon \(epsilon), momentum \(momentum)"
  }
}

extension BatchNormSettings.Momentum {
  /// PyTorch's argument: nil for the average over all batches.
  public var value: Double? {
    guard case .exponential(let value) = self else { return nil }
    return value
  }
}

extension BatchNormSettings {
  private enum Member {
    static let epsilon = "epsilon"
    static let momentum = "momentum"
    static let cumulative = "cumulative"
  }

  /// An object with `epsilon` and `momentum`: numbers, or `"cumulative"` for the momentum; null
  /// where unknown.
  public var json: JSON {
    [
      Member.epsilon: epsilon.map { .double($0) } ?? .null,
      Member.momentum: momentum.map(Self.json) ?? .null,
    ]
  }

  private static func json(_ momentum: Momentum) -> JSON {
    momentum.value.map { .double($0) } ?? .string(Member.cumulative)
  }

  /// - Returns: nil unless it is an object in the form of `json`. A missing or null member is
  ///   unknown; other members are ignored.
  public init?(_ json: JSON) {
    guard json.members != nil else { return nil }
    switch json[Member.epsilon] ?? .null {
    case .null: break
    case let value:
      guard let number = value.number, number.isFinite, number >= 0 else { return nil }
      epsilon = number
    }
    switch json[Member.momentum] ?? .null {
    case .null: break
    case .string(Member.cumulative): momentum = .cumulative
    case let value:
      guard let number = value.number, number.isFinite else { return nil }
      momentum = .exponential(number)
    }
  }
}

extension JSON {
  fileprivate var number: Double? {
    switch self {
    case .int(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }
}
