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
    var result = NumberComparison([], [], ulpsOf: scalarType)
    try forEachPiece(with: other) { _, mine, theirs in
      result.formUnion(
        NumberComparison(mine, theirs, ulpsOf: scalarType, tolerance: tolerance))
    }
    return result
  }

  /// Passes the numbers of two tensors of the same shape to a closure, piece by piece.
  ///
  /// - Parameter body: called with the index of the piece's first number, and the numbers of both.
  package func forEachPiece(
    with other: Tensor, _ body: (Int, [Double], [Double]) -> Void
  ) throws(CheckpointError) {
    let (mine, theirs) = (try storage.wholeBytes(), try other.storage.wholeBytes())
    for start in stride(from: 0, to: count, by: Self.pieceCount) {
      let piece = start..<min(start + Self.pieceCount, count)
      body(start, try doubles(piece, of: mine), try other.doubles(piece, of: theirs))
    }
  }

  /// How many elements are converted to doubles at a time: a large tensor would not fit in memory.
  private static let pieceCount = 1 << 18

  private func doubles(
    _ piece: Range<Int>, of bytes: ByteRegion
  ) throws(CheckpointError) -> [Double] {
    let size = scalarType.byteCount
    let part = try bytes.slice(from: piece.lowerBound * size, count: piece.count * size)
    defer { part.release() }
    return try Tensor(scalarType, shape: [piece.count], storage: TensorStorage(part)).doubles()
  }
}
