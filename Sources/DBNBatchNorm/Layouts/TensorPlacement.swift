/// What the state of a BatchNorm consists of, by PyTorch's names.
public enum BatchNormQuantity: String, Sendable, Hashable, CaseIterable {
  /// C factors, `gamma`; what is normalised is multiplied by them.
  case weight
  /// C numbers, `beta`, that are added at the end.
  case bias
  /// C means, moved by training and used in evaluation.
  case runningMean = "running_mean"
  /// C variances, unbiased, moved by training and used in evaluation.
  case runningVar = "running_var"
  /// How many batches training has seen: one number.
  case numBatchesTracked = "num_batches_tracked"

  /// Whether training moves it without a gradient.
  public var isBuffer: Bool { self != .weight && self != .bias }

  /// Whether a device has one number of it, not one for each feature.
  package var isCounter: Bool { self == .numBatchesTracked }
}

/// Where a layout keeps a quantity: under which keys, after the module's name, and in which shapes.
///
/// A layout can have both: what all devices share, which evaluation uses, and what each has.
public struct TensorPlacement: Sendable, Hashable {
  /// The key of the tensor [C] (a counter: a scalar) that all devices share.
  public var shared: String?
  /// The tensors of what each device has of its own; nil where the devices share all of it.
  public var devices: DeviceTensors?

  /// Makes the placement of a quantity that is kept under one of these keys, or both.
  public init(shared: String? = nil, devices: DeviceTensors? = nil) {
    self.shared = shared
    self.devices = devices
  }
}

/// The tensors that hold a quantity of each device.
public struct DeviceTensors: Sendable, Hashable {
  /// How the devices' values are put into tensors.
  public enum Form: String, Sendable, Hashable, CaseIterable {
    /// One tensor [V, C]; of a counter [V].
    case rows
    /// One tensor [V * C], a row after the other.
    case joined
    /// A tensor [C] for each device but device 0, which has the shared one: `{}` in the key stands
    /// for the number, from 0.
    case each
    /// One scalar for all: a counter.
    case single
  }

  /// The key after the module's name; in the form `each` with `{}` for the device's number.
  public var key: String
  /// How the devices' values are put into tensors of this key.
  public var form: Form

  /// Makes the tensors of a key after the module's name.
  public init(_ key: String, _ form: Form) {
    self.key = key
    self.form = form
  }

  static let placeholder = "{}"

  /// The key of the tensor of device `number + 1`, in the form `each`.
  package func key(_ number: Int) -> String {
    guard let place = key.firstRange(of: Self.placeholder) else { return key }
    return key.replacingCharacters(in: place, with: "\(number)")
  }
}

extension String {
  fileprivate func firstRange(of text: String) -> Range<String.Index>? {
    var start = startIndex
    while let first = self[start...].firstIndex(of: text[text.startIndex]) {
      if self[first...].hasPrefix(text) { return first..<index(first, offsetBy: text.count) }
      start = index(after: first)
    }
    return nil
  }

  fileprivate func replacingCharacters(
    in range: Range<String.Index>, with text: String
  ) -> String {
    self[..<range.lowerBound] + text + self[range.upperBound...]
  }
}
