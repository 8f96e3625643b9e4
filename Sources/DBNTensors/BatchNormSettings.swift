/// What a BatchNorm computes with and its tensors do not say: PyTorch's arguments `eps` and
/// `momentum` of `torch.nn.BatchNorm2d`.
public struct BatchNormSettings: Sendable, Hashable {
  /// How running statistics follow those of the batches.
  public enum Momentum: Sendable, Hashable {
    /// `running = (1 - momentum) * running + momentum * batch`, as PyTorch counts it. Keras' momentum
    /// is 1 minus this one.
    case exponential(Double)
    /// The average over all batches: PyTorch's `momentum=None`.
    case cumulative
  }

  /// What is added to variances before the root is taken; nil: not known.
  public var epsilon: Double?
  /// nil: not known.
  public var momentum: Momentum?

  /// Settings of which either can be unknown.
  public init(epsilon: Double? = nil, momentum: Momentum? = nil) {
    self.epsilon = epsilon
    self.momentum = momentum
  }

  /// What a `torch.nn.BatchNorm2d` has that is made without arguments.
  public static let pyTorchDefault = BatchNormSettings(
    epsilon: 1e-5, momentum: .exponential(0.1))

  /// What a `keras.layers.BatchNormalization` has that is made without arguments.
  public static let kerasDefault = BatchNormSettings(
    epsilon: 0.001, momentum: .exponential(0.01))
}

extension BatchNormSettings {
  /// These settings, and the other's where nothing is known here.
  public func filled(from other: BatchNormSettings) -> BatchNormSettings {
    BatchNormSettings(epsilon: epsilon ?? other.epsilon, momentum: momentum ?? other.momentum)
  }

  /// Whether both are known in something, and differ in it.
  public func contradicts(_ other: BatchNormSettings) -> Bool {
    filled(from: other) != other.filled(from: self)
  }
}

extension BatchNormSettings: CustomStringConvertible {
  /// `epsilon 0.001, momentum 0.01`.
  public var description: String {
    let epsilon = epsilon.map { "\($0)" } ?? "not known"
    let momentum = momentum.map { $0.value.map { "\($0)" } ?? "None" } ?? "not known"
    return "epsilon \(epsilon), momentum \(momentum)"
  }
}

extension BatchNormSettings.Momentum {
  /// As PyTorch's argument: nil for the average over all batches.
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

  /// An object with `epsilon` and `momentum`: a number, for the momentum also `"cumulative"`; null
  /// where it is not known.
  public var json: JSON {
    [
      Member.epsilon: epsilon.map { .double($0) } ?? .null,
      Member.momentum: momentum.map(Self.json) ?? .null,
    ]
  }

  private static func json(_ momentum: Momentum) -> JSON {
    momentum.value.map { .double($0) } ?? .string(Member.cumulative)
  }

  /// - Returns: nil unless it is an object as `json` makes one; a member that is missing or null is
  ///   not known, others are passed over.
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
