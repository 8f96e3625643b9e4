import DBNTensors

/// The placement of a tensor in its storage. Two tensors with the same view are one tensor under
/// two names.
struct TensorView: Hashable, Sendable {
  let record: String
  let scalarType: ScalarType
  /// The offset of the first element, in elements from the storage's start.
  var offset: Int
  var size: [Int]
  /// The stride of each dimension in elements; 0 for an expanded dimension.
  let stride: [Int]
  /// Whether the values must be conjugated.
  let isConjugate: Bool
  /// Whether the values must be negated.
  let isNegative: Bool

  /// The largest number of dimensions that PyTorch's operations (`TensorIterator`) and NumPy allow.
  static let maximumRank = 64

  /// The range of the storage's bytes from the view's first to its last element.
  ///
  /// - Throws: `torchView` unless all elements are inside a storage of `byteCount` bytes.
  func extent(in byteCount: Int) throws(CheckpointError) -> Range<Int> {
    guard size.count == stride.count, size.count <= Self.maximumRank else {
      throw refusal("\(size.count) sizes and \(stride.count) strides, not equally many, at most 64")
    }
    guard offset >= 0, size.allSatisfy({ $0 >= 0 }), stride.allSatisfy({ $0 >= 0 }) else {
      throw refusal("a negative offset, size or stride")
    }
    guard let reach, reach.upperBound <= byteCount else {
      throw refusal("elements outside its storage of \(byteCount / scalarType.byteCount) elements")
    }
    return reach
  }

  /// The bytes from the first to the last element; nil if that overflows an `Int`.
  var reach: Range<Int>? {
    if size.contains(0) { return 0..<0 }
    guard let last = lastElement, last < .max / scalarType.byteCount else { return nil }
    return offset * scalarType.byteCount..<(last + 1) * scalarType.byteCount
  }

  /// The index of the element that is furthest from the storage's start; nil if that overflows an
  /// `Int`.
  private var lastElement: Int? {
    var last = offset
    for (size, stride) in zip(size, stride) {
      let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, sumOverflow) = last.addingReportingOverflow(reach)
      if overflow || sumOverflow { return nil }
      last = sum
    }
    return last
  }

  private func refusal(_ what: String) -> CheckpointError {
    CheckpointError(
      .torchView,
      "a tensor of sizes \(brief(size)), strides \(brief(stride)) and offset \(offset) has \(what)",
      advice: "the file is damaged or malicious; get it again")
  }

  private func brief(_ numbers: [Int]) -> String {
    numbers.count <= 8 ? "\(numbers)" : "\(numbers.prefix(8))…"
  }

  /// Whether the elements are in row-major order without gaps.
  var isContiguous: Bool {
    var expected = 1
    for (size, stride) in zip(size, stride).reversed() where size != 1 {
      if stride != expected && !self.size.contains(0) { return false }
      expected = expected.multipliedReportingOverflow(by: size).partialValue
    }
    return true
  }

  /// The elements, which are known to be inside the storage and not empty.
  var elements: StridedView {
    let byteCount = scalarType.byteCount
    // The stride of a dimension of size one was not checked.
    let strides = zip(size, stride).map { $0 == 1 ? 0 : $1 * byteCount }
    return StridedView(
      shape: size, layout: .init(start: offset * byteCount, strides: strides),
      elementSize: byteCount)
  }
}

extension TensorView {
  /// Makes a view of all elements of a storage in row-major order.
  init(wholeOf record: String, _ scalarType: ScalarType, _ size: [Int]) {
    self.init(
      record: record, scalarType: scalarType, offset: 0, size: size, stride: size.contiguousStrides,
      isConjugate: false, isNegative: false)
  }
}

extension [Int] {
  /// The strides in elements of a row-major tensor with these sizes. As in PyTorch, an empty
  /// dimension counts as one.
  var contiguousStrides: [Int] {
    var strides: [Int] = []
    var next = 1
    for size in reversed() {
      strides.append(next)
      // The other sizes of an empty tensor can have any product.
      next = next.multipliedReportingOverflow(by: Swift.max(size, 1)).partialValue
    }
    return strides.reversed()
  }
}
