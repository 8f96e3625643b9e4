package import DBNTensors

extension CheckpointValue {
  /// Whether two values that are neither tensors nor containers are the same, floats bit by bit.
  package func hasEqualScalar(to other: CheckpointValue) -> Bool {
    switch (self, other) {
    case (.none, .none): true
    case (.bool(let a), .bool(let b)): a == b
    case (.int(let a), .int(let b)): a == b
    case (.largeInt(let a), .largeInt(let b)): a == b
    case (.float(let a), .float(let b)): a.bitPattern == b.bitPattern
    case (.complex(let aReal, let aImaginary), .complex(let bReal, let bImaginary)):
      aReal.bitPattern == bReal.bitPattern && aImaginary.bitPattern == bImaginary.bitPattern
    case (.string(let a), .string(let b)), (.device(let a), .device(let b)),
      (.constant(let a), .constant(let b)):
      a.utf8.elementsEqual(b.utf8)
    case (.bytes(let a), .bytes(let b)), (.surrogateString(let a), .surrogateString(let b)),
      (.byteArray(let a), .byteArray(let b)):
      a == b
    case (.size(let a), .size(let b)): a == b
    case (.scalarType(let a), .scalarType(let b)): a == b
    default: false
    }
  }

  /// For each tensor of the tree: the first tensor that it shares its storage with, if any.
  var ties: [(path: EntryPath, first: EntryPath?)] {
    var firstPaths: [ObjectIdentifier: EntryPath] = [:]
    return leaves.compactMap { path, value in
      guard let tensor = value.tensor else { return nil }
      let identity = ObjectIdentifier(tensor.storage)
      guard let first = firstPaths[identity] else {
        firstPaths[identity] = path
        return (path, nil)
      }
      return (path, first)
    }
  }
}

extension CheckpointDictionary {
  func attribute(_ name: String) -> CheckpointValue? {
    attributes.first { $0.name == name }?.value
  }
}

extension Tensor {
  /// The kind as reports name it: "parameter", "tensor that requires grad".
  var kindText: String { kind.rawValue + (requiresGrad ? " that requires grad" : "") }

  /// The comparison of two tensors of the same shape; nil unless both hold real numbers.
  package func comparison(
    with other: Tensor, tolerance: NumberComparison.Tolerance
  ) throws(CheckpointError) -> NumberComparison? {
    guard scalarType.isReal, other.scalarType.isReal else { return nil }
    return try NumberComparison(
      NumberReader(self), NumberReader(other), count: count, ulpsOf: scalarType,
      tolerance: tolerance)
  }

  /// Passes the numbers of two tensors of the same shape to a closure, piece by piece.
  ///
  /// - Parameter body: called with the index of the piece's first number, and the numbers of both.
  package func forEachPiece(
    with other: Tensor, _ body: (Int, [Double], [Double]) -> Void
  ) throws(CheckpointError) {
    let (mine, theirs) = (try NumberReader(self), try NumberReader(other))
    for piece in NumberReader.pieces(of: count) {
      body(piece.lowerBound, try mine.numbers(piece), try theirs.numbers(piece))
    }
  }
}
