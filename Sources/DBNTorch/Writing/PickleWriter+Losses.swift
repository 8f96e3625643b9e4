import DBNTensors

/// Values that a `.pth` file can't contain in a way that `torch.load(weights_only=True)` reads.
extension PickleWriter {
  /// The longest integer for the operation LONG1; PyTorch accepts no other operation for long
  /// integers.
  private static let longestInteger = 255

  /// Whether to write the value; if not, its loss has been recorded.
  mutating func keeps(
    _ value: CheckpointValue, at key: CheckpointDictionary.Key
  ) throws(CheckpointError) -> Bool {
    guard let refusal = refusal(of: value) else { return true }
    let entry = path.appending(key)
    guard allowsLosses else { throw refusal.with(name: "\(entry)") }
    losses.append(ConversionReport.Item("\(entry)", refusal.reason))
    return false
  }

  mutating func lose(at entry: EntryPath, _ reason: String) throws(CheckpointError) {
    guard allowsLosses else {
      throw CheckpointError(.cannotBeWritten, name: "\(entry)", reason, advice: Self.advice)
    }
    losses.append(ConversionReport.Item("\(entry)", reason))
  }

  /// Why the value itself can't be written, regardless of its contents; nil if it can.
  func refusal(of value: CheckpointValue) -> CheckpointError? {
    switch value {
    case .opaque(let value): return .opaque(value, name: nil)
    case .constant(let name)
    where !TorchConstants.globals.contains(name) && !TorchConstants.layouts.contains(name):
      return CheckpointError(
        .cannotBeWritten, "is \(name), no constant that PyTorch loads", advice: Self.advice)
    case .largeInt(let bytes)
    where bytes.trimmingSignExtension().count > Self.longestInteger:
      return CheckpointError(
        .cannotBeWritten,
        "is an integer of \(bytes.count) bytes; PyTorch reads integers of up to "
          + "\(Self.longestInteger) bytes", advice: Self.advice)
    case .set(let elements) where !elements.allSatisfy(\.isHashable):
      return CheckpointError(
        .cannotBeWritten,
        "is a set of values that Python cannot hash, such as lists or dictionaries",
        advice: Self.advice)
    default: return nil
    }
  }

  private static let advice: Guidance =
    "leave it out with \(.allowingLosses), or with \(.stateDictOnly)"
}

extension CheckpointValue {
  /// Whether Python lets the value be an element of a set.
  fileprivate var isHashable: Bool {
    switch self {
    case .list, .set, .dictionary, .byteArray: false
    case .tuple(let elements): elements.allSatisfy(\.isHashable)
    default: true
    }
  }
}
