public import DBNTensors

/// An n-dimensional array of Float64 numbers in row-major order: the values of the reference
/// engine.
public struct DenseArray: Sendable, Equatable {
  /// The size of each dimension.
  public let shape: [Int]
  /// The numbers in row-major order, one for each element of the shape.
  public var values: [Double]

  /// - Throws: `inconsistentTensor` unless there is a value for each element of the shape.
  public init(shape: [Int], values: [Double]) throws(CheckpointError) {
    let count = try elementCount(of: shape)
    guard count == values.count else {
      throw CheckpointError(
        .inconsistentTensor, "the shape \(shape) needs \(count) values, not \(values.count)")
    }
    self.shape = shape
    self.values = values
  }

  /// Makes an array of a tensor's numbers.
  public init(_ tensor: Tensor) throws(CheckpointError) {
    try self.init(shape: tensor.shape, values: tensor.doubles())
  }

  /// Makes an array whose values `fill` sets, on any thread, each index once.
  package init(
    shape: [Int], fill: (DisjointWriter) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let count = try elementCount(of: shape)
    self.shape = shape
    var values = [Double](repeating: 0, count: count)
    let failure: CheckpointError? = values.withUnsafeMutableBufferPointer { buffer in
      do throws(CheckpointError) {
        try fill(DisjointWriter(buffer))
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
    self.values = values
  }

  /// Makes an array of a shape that is known to fit in memory; `initialise` sets all values.
  @inline(__always)
  init(_ shape: [Int], initialise: (UnsafeMutablePointer<Double>) -> Void) {
    let count = shape.reduce(1, *)
    self.shape = shape
    values = [Double](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      if let start = buffer.baseAddress, count > 0 { initialise(start) }
      initializedCount = count
    }
  }

  /// Makes an array of a shape that is known to fit in memory.
  init(repeating value: Double, _ shape: [Int]) {
    self.shape = shape
    values = [Double](repeating: value, count: shape.reduce(1, *))
  }

  /// The same numbers in another shape with as many elements.
  func reshaped(to shape: [Int]) -> DenseArray {
    precondition(shape.reduce(1, *) == values.count)
    return DenseArray(shape: shape, sameCount: values)
  }

  private init(shape: [Int], sameCount values: [Double]) {
    self.shape = shape
    self.values = values
  }
}

/// The numbers of an array that several threads fill at once.
///
/// `@unchecked Sendable`: it is only passed to the threads of one `concurrentForEach`, each of
/// which writes its own indices, and its lifetime ends before the array is read.
package struct DisjointWriter: @unchecked Sendable {
  @usableFromInline let buffer: UnsafeMutableBufferPointer<Double>

  fileprivate init(_ buffer: UnsafeMutableBufferPointer<Double>) {
    self.buffer = buffer
  }

  package var count: Int { buffer.count }

  /// The address of the first number; nil if there is none.
  var start: UnsafeMutablePointer<Double>? { buffer.baseAddress }

  @inlinable package subscript(index: Int) -> Double {
    get { buffer[index] }
    nonmutating set { buffer[index] = newValue }
  }
}

private func elementCount(of shape: [Int]) throws(CheckpointError) -> Int {
  try Tensor.byteCount(of: .float64, shape: shape) / 8
}
