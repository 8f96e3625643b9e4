import DBNBatchNorm
import DBNComparison
import DBNTensors

/// Compares everything that two checkpoints store of one BatchNorm: parameters, running statistics
/// and counters, shared and of each device, in any two layouts.
///
/// Without a tolerance the bits must be equal, with one the numbers within it. If one of the two
/// lacks a quantity, the other must have PyTorch's default for a missing one: a weight of 1, a bias
/// and a counter of 0.
struct BatchNormStateComparison {
  private let name: String
  private let features: Int
  private let a: BatchNormState
  private let b: BatchNormState
  private let tolerance: NumberComparison.Tolerance
  private(set) var layer: VerificationResult.Layer
  /// Differences that numbers can't show, such as a scalar type.
  private(set) var differences: [ConversionReport.Item] = []
  private(set) var isBitIdentical = true
  /// The keys of quantities that one of the two lacks and of which the other has the default.
  private(set) var implied: [String] = []

  /// - Parameter layer: the comparison from running the BatchNorm.
  init(
    _ pair: BatchNormPair, _ layer: VerificationResult.Layer,
    tolerance: NumberComparison.Tolerance
  ) {
    name = pair.name
    features = pair.features
    (a, b) = (pair.a.state, pair.b.state)
    self.tolerance = tolerance
    self.layer = layer
  }

  mutating func run() throws(CheckpointError) {
    for quantity in BatchNormQuantity.allCases {
      do throws(CheckpointError) {
        try compare(quantity)
      } catch {
        throw error.with(name: key(of: quantity))
      }
    }
  }

  private mutating func compare(_ quantity: BatchNormQuantity) throws(CheckpointError) {
    let (sharedA, rowsA) = (a.shared[quantity], a.devices[quantity])
    let (sharedB, rowsB) = (b.shared[quantity], b.devices[quantity])
    if sharedA == nil && rowsA == nil || sharedB == nil && rowsB == nil {
      for tensor in [sharedA, rowsA].compactMap(\.self) {
        try compareWithImplied(tensor, quantity, isFirst: true)
      }
      for tensor in [sharedB, rowsB].compactMap(\.self) {
        try compareWithImplied(tensor, quantity, isFirst: false)
      }
      return
    }
    if let sharedA, let sharedB { try compare(sharedA, sharedB, quantity, areRows: false) }
    if let rowsA, let rowsB { try compare(rowsA, rowsB, quantity, areRows: true) }
    // Every value is compared with something: rows that only one side has are compared with the
    // other's shared values.
    if let rowsA, let sharedB, rowsB == nil || sharedA == nil {
      try compare(rowsA, sharedB, quantity, areRows: true)
    }
    if let sharedA, let rowsB, rowsA == nil || sharedB == nil {
      try compare(sharedA, rowsB, quantity, areRows: true)
    }
  }

  /// Compares two tensors of the same shape, or each row of one with the whole other.
  ///
  /// - Parameter areRows: whether at least one has a row for each device.
  private mutating func compare(
    _ a: Tensor, _ b: Tensor, _ quantity: BatchNormQuantity, areRows: Bool
  ) throws(CheckpointError) {
    let isSameType = a.scalarType == b.scalarType
    if isSameType, try a.storage.hasEqualRows(to: b.storage) { return }
    isBitIdentical = false
    if tolerance.isExact && !isSameType {
      note(quantity, "\(a.scalarType.name) and \(b.scalarType.name)")
    }
    let row = min(a.count, b.count)
    guard row > 0, max(a.count, b.count).isMultiple(of: row) else {
      return note(quantity, "\(a.shape) and \(b.shape)")
    }
    let (numbersA, numbersB) = (try NumberReader(a), try NumberReader(b))
    var total = NumberComparison([], [], ulpsOf: a.scalarType)
    for start in stride(from: 0, to: max(a.count, b.count), by: row) {
      // A tensor of one row stands for each row of the other.
      let comparison = try NumberComparison(
        numbersA, from: a.count == row ? 0 : start, numbersB, from: b.count == row ? 0 : start,
        count: row, ulpsOf: a.scalarType, tolerance: tolerance)
      add(comparison, quantity, at: start, areRows: areRows)
      total.formUnion(comparison)
    }
    let isHidden = isSameType && total.maxAbsolute == 0 && total.isWithinTolerance
    if isHidden, tolerance.isExact || a.hidesDifference(total) {
      note(quantity, "the bits, \(a.hiddenDifference)")
    }
  }

  private mutating func compareWithImplied(
    _ tensor: Tensor, _ quantity: BatchNormQuantity, isFirst: Bool
  ) throws(CheckpointError) {
    let numbers = try NumberReader(tensor)
    let absent = NumberReader(repeating: quantity == .weight ? 1 : 0, count: tensor.count)
    let comparison = try NumberComparison(
      isFirst ? numbers : absent, isFirst ? absent : numbers, count: tensor.count,
      ulpsOf: tensor.scalarType, tolerance: tolerance)
    if comparison.isWithinTolerance { implied.append(key(of: quantity)) }
    if tolerance.isExact, comparison.isWithinTolerance, !comparison.isBitIdentical {
      note(quantity, "the bits, \(tensor.hiddenDifference)")
    }
    isBitIdentical = isBitIdentical && comparison.isBitIdentical
    add(comparison, quantity, at: 0, areRows: tensor.count > size(of: quantity))
  }

  /// - Parameter start: the index of the first compared value in the quantity.
  private mutating func add(
    _ comparison: NumberComparison, _ quantity: BatchNormQuantity, at start: Int, areRows: Bool
  ) {
    let size = size(of: quantity)
    let first = (comparison.firstDifference?.index ?? 0) + start
    layer.add(
      comparison, to: \.state, quantity.rawValue, device: areRows ? first / size : nil
    ) { index in quantity == .numBatchesTracked ? [] : [(index + start) % size] }
  }

  /// The number of values of a quantity for one device.
  private func size(of quantity: BatchNormQuantity) -> Int {
    quantity == .numBatchesTracked ? 1 : max(1, features)
  }

  private mutating func note(_ quantity: BatchNormQuantity, _ reason: String) {
    differences.append(.init(key(of: quantity), reason))
  }

  private func key(of quantity: BatchNormQuantity) -> String {
    name.isEmpty ? quantity.rawValue : "\(name).\(quantity.rawValue)"
  }
}

extension TensorStorage {
  /// Whether both have the same bytes; if one has several rows of the other's size, whether each
  /// row equals the other.
  fileprivate func hasEqualRows(to other: TensorStorage) throws(CheckpointError) -> Bool {
    guard byteCount != other.byteCount else { return try hasEqualBytes(to: other) }
    guard byteCount > other.byteCount else { return try other.hasEqualRows(to: self) }
    let size = other.byteCount
    guard size > 0, byteCount.isMultiple(of: size) else { return false }
    return try withBytes { rows throws(CheckpointError) in
      try other.withBytes { row in
        stride(from: 0, to: byteCount, by: size).allSatisfy { start in
          rows.extracting(start..<start + size).hasEqualBytes(to: row)
        }
      }
    }
  }
}
