package import DBNTensors

/// An operation whose outputs are copies of the first operand's elements at regular strides: a view,
/// where PyTorch can make one.
package protocol StridedCopying: GraphOperation {
  /// For each output, what is copied from an array of this shape.
  ///
  /// - Parameter shapes: the outputs' shapes.
  /// - Throws: `shapeMismatch`.
  func copies(of input: [Int], to shapes: [[Int]]) throws(CheckpointError) -> [StridedCopy]
}

/// The elements of an array that an output is made of, and their places there.
package struct StridedCopy: Sendable {
  /// Elements of a row-major array: the first, and the distances to the next along each dimension
  /// of what is copied.
  package struct Place: Sendable {
    package let start: Int
    package let strides: [Int]

    package init(start: Int = 0, strides: [Int]) {
      self.start = start
      self.strides = strides
    }
  }

  /// The sizes of what is copied.
  package let shape: [Int]
  package let source: Place
  package let target: Place
  /// The output's other elements; nil if it has none.
  package let background: Double?

  package init(_ shape: [Int], from source: Place, to target: Place, background: Double? = nil) {
    self.shape = shape
    self.source = source
    self.target = target
    self.background = background
  }

  /// What makes a whole output, in order.
  package init(_ shape: [Int], from start: Int = 0, strides: [Int]) {
    self.init(
      shape, from: Place(start: start, strides: strides), to: Place(strides: shape.strides))
  }
}

extension StridedCopying {
  package func outputs(
    of operands: OperandArrays, shapes: [[Int]]
  ) throws(CheckpointError) -> [DenseArray] {
    let input = try operands.required(0)
    return try zip(copies(of: input.shape, to: shapes), shapes).map(input.copied)
  }
}
