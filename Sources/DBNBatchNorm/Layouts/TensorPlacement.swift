/// Where a layout keeps a quantity: under which keys, relative to the module, and in which shapes.
///
/// A layout can have both a shared tensor, which evaluation uses, and per-device tensors.
public struct TensorPlacement: Sendable, Hashable {
  /// The key of the tensor [C] that all devices share (a scalar for a counter).
  public var shared: String?
  /// The per-device tensors; nil if all devices share the quantity.
  public var devices: DeviceTensors?

  /// Makes the placement of a quantity that is shared, per device, or both.
  public init(shared: String? = nil, devices: DeviceTensors? = nil) {
    self.shared = shared
    self.devices = devices
  }
}

/// The tensors that hold each device's values of a quantity.
public struct DeviceTensors: Sendable, Hashable {
  /// How the devices' values are arranged in tensors.
  public enum Form: String, Sendable, Hashable, CaseIterable {
    /// One tensor [V, C]; [V] for a counter.
    case rows
    /// One tensor [V * C], the rows one after another.
    case joined
    /// A tensor [C] for each device except device 0, which has the shared tensor: `{}` in the key
    /// stands for the device's index minus one.
    case each
    /// One scalar for all devices: a counter.
    case single
  }

  /// The key relative to the module; in the form `each` with `{}` for the number.
  public var key: String
  /// How the devices' values are arranged in tensors of this key.
  public var form: Form

  /// Makes the tensors with a key relative to the module.
  public init(_ key: String, _ form: Form) {
    self.key = key
    self.form = form
  }

  static let placeholder = "{}"

  /// The key of the tensor of device `number + 1`, in the form `each`.
  package func key(_ number: Int) -> String {
    guard let range = key.firstRange(of: Self.placeholder) else { return key }
    return key.replacingCharacters(in: range, with: "\(number)")
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
