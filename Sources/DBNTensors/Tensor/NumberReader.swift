/// The numbers of a tensor, of which any part can be read by itself. Those of a large tensor that is
/// compressed or computed are not all in memory.
package struct NumberReader: Sendable {
  package let count: Int
  private let read: @Sendable (Range<Int>) throws(CheckpointError) -> [Double]

  /// Opens a tensor's bytes, and compares their checksum.
  ///
  /// - Throws: `checksumMismatch`.
  package init(_ tensor: Tensor) throws(CheckpointError) {
    let (type, bytes) = (tensor.scalarType, try tensor.storage.opened())
    count = tensor.count
    read = { range throws(CheckpointError) in
      let size = type.byteCount
      let part = try bytes.slice(from: range.lowerBound * size, count: range.count * size)
      defer { part.release() }
      return try Tensor(type, shape: [range.count], storage: TensorStorage(part)).doubles()
    }
  }

  /// The same number, many times.
  package init(repeating number: Double, count: Int) {
    self.count = count
    read = { range throws(CheckpointError) in Array(repeating: number, count: range.count) }
  }

  /// The numbers at these indices, in row-major order.
  ///
  /// - Throws: `unsupportedScalarType` unless the elements are real numbers.
  package func numbers(_ range: Range<Int>) throws(CheckpointError) -> [Double] {
    precondition(0 <= range.lowerBound && range.upperBound <= count)
    return try read(range)
  }
}
