public import DBNTensors

extension CheckpointError.Code {
  /// A tensor of indices has one that is not an integer, or that the indexed dimension lacks.
  public static let invalidIndex = Self("invalid-index")
}

/// The numbers of a tensor as indices into a dimension.
struct Indices {
  /// From 0 up to, but not including, the dimension's size.
  let values: [Int]

  /// - Parameters:
  ///   - size: the dimension's size.
  ///   - countsFromEnd: whether negative indices count from the end.
  /// - Throws: `invalidIndex`.
  init(_ array: DenseArray, size: Int, countsFromEnd: Bool = false) throws(CheckpointError) {
    values = try array.values.map { value throws(CheckpointError) in
      guard let number = Int(exactly: value) else { throw .index(value, size) }
      let index = countsFromEnd && number < 0 ? number + size : number
      guard 0..<size ~= index else { throw .index(value, size) }
      return index
    }
  }
}

extension CheckpointError {
  fileprivate static func index(_ value: Double, _ size: Int) -> CheckpointError {
    CheckpointError(
      .invalidIndex, "\(value.indexText) is no index into a dimension of size \(size)",
      advice: "give inputs whose indices are integers below the size of what they index")
  }
}

extension Double {
  fileprivate var indexText: String { Int(exactly: self).map { "\($0)" } ?? "\(self)" }
}
