import DBNComparison
import DBNTensors

/// Compares two values of state dicts, usually tensors: to the bit, or numbers within a tolerance.
/// With a tolerance, tensors of different types may be equal.
struct StoredValueComparison {
  private let tolerance: NumberComparison.Tolerance
  /// How many tensors were compared.
  private(set) var tensors = 0
  private(set) var maxAbsolute = 0.0
  private(set) var isBitIdentical = true
  private(set) var differences: [ConversionReport.Item] = []

  init(_ tolerance: NumberComparison.Tolerance) {
    self.tolerance = tolerance
  }

  /// Recurses at most `CheckpointLimits.depth` levels.
  mutating func compare(
    _ a: CheckpointValue, _ b: CheckpointValue, at path: EntryPath
  ) throws(CheckpointError) {
    if let a = a.tensor, let b = b.tensor { return try compare(a, b, at: path) }
    if case .opaque(let a) = a, case .opaque(let b) = b { return try compare(a, b, at: path) }
    guard a.isContainer, a.containerKind == b.containerKind else {
      if !a.hasEqualScalar(to: b) { note(path, "\(a.shortText) and \(b.shortText)") }
      return
    }
    for (key, child) in a.children {
      let inner = path.appending(key)
      if let other = b.child(key) {
        try compare(child, other, at: inner)
      } else {
        note(inner, "only in the first")
      }
    }
    for (key, _) in b.children where a.child(key) == nil {
      note(path.appending(key), "only in the second")
    }
  }

  /// Compares objects of unknown classes, and what could not be read, by their parts.
  private mutating func compare(
    _ a: OpaqueValue, _ b: OpaqueValue, at path: EntryPath
  ) throws(CheckpointError) {
    guard a.name == b.name else { return note(path, "\(a.name) and \(b.name)") }
    guard a.isComparable, b.isComparable else {
      return note(path, "not compared, since it \(a.unreadableReason ?? b.unreadableReason ?? "")")
    }
    try compare(.list(a.parts), .list(b.parts), at: path)
  }

  private mutating func compare(
    _ a: Tensor, _ b: Tensor, at path: EntryPath
  ) throws(CheckpointError) {
    tensors += 1
    let haveNumbers = a.scalarType.isReal && b.scalarType.isReal
    let isSameType = a.scalarType == b.scalarType
    guard a.shape == b.shape, isSameType || (haveNumbers && !tolerance.isExact) else {
      return note(
        path, "\(a.scalarType.name) \(a.shape) and \(b.scalarType.name) \(b.shape)")
    }
    if isSameType, try a.storage.hasEqualBytes(to: b.storage) { return }
    isBitIdentical = false
    guard let numbers = try a.comparison(with: b, tolerance: tolerance) else {
      return note(path, "values")
    }
    maxAbsolute = max(maxAbsolute, numbers.maxAbsolute)
    // Without a tolerance bits are compared: -0.0 is not 0.0, and NaNs have payloads. Different
    // integers that are equal as Float64 are at least 1 apart.
    guard tolerance.isExact || !numbers.isWithinTolerance || a.hidesDifference(numbers) else {
      return
    }
    note(
      path,
      numbers.maxAbsolute > 0
        ? "values, up to \(numbers.maxAbsolute.brief) apart" : "the bits, \(a.hiddenDifference)")
  }

  private mutating func note(_ path: EntryPath, _ reason: String) {
    isBitIdentical = false
    differences.append(.init(path.keys.count == 1 ? "\(path.keys[0])" : "\(path)", reason))
  }
}

extension CheckpointValue {
  fileprivate var isContainer: Bool { dictionary != nil || elements != nil }

  /// The kind of container; all kinds of mappings count as one.
  fileprivate var containerKind: String? {
    dictionary != nil ? "mapping" : elements != nil ? typeName : nil
  }

  /// The type and the value, each once.
  fileprivate var shortText: String {
    switch self {
    case .none, .tensor, .list, .tuple, .set, .dictionary: scalarText
    case .opaque(let value):
      value.unreadableReason == nil
        ? "an object of the class \(value.name)" : "an unreadable \(value.name)"
    default: "\(typeName) \(scalarText)"
    }
  }
}

extension Tensor {
  /// Whether numbers that are equal as Float64 can differ by 1 or more, as large integers can.
  func hidesDifference(_ numbers: NumberComparison) -> Bool {
    !scalarType.isFloatingPoint && numbers.isBitIdentical
  }

  /// How the bits differ if the numbers don't show it.
  var hiddenDifference: String {
    scalarType.isFloatingPoint
      ? "as the sign of a zero or the payload of a NaN" : "beyond what a Float64 can hold"
  }
}
