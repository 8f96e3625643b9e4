import Tensors

extension CheckpointValue {
  /// Whether two values that are neither tensors nor containers are the same, floats bit by bit.
  func hasEqualScalar(to other: CheckpointValue) -> Bool {
    switch (self, other) {
    case (.none, .none): true
    case (.bool(let a), .bool(let b)): a == b
    case (.int(let a), .int(let b)): a == b
    case (.largeInt(let a), .largeInt(let b)): a == b
    case (.float(let a), .float(let b)): a.bitPattern == b.bitPattern
    case (.complex(let aReal, let aImaginary), .complex(let bReal, let bImaginary)):
      aReal.bitPattern == bReal.bitPattern && aImaginary.bitPattern == bImaginary.bitPattern
    case (.string(let a), .string(let b)), (.device(let a), .device(let b)):
      a.utf8.elementsEqual(b.utf8)
    case (.bytes(let a), .bytes(let b)), (.byteArray(let a), .byteArray(let b)): a == b
    case (.size(let a), .size(let b)): a == b
    case (.scalarType(let a), .scalarType(let b)): a == b
    default: false
    }
  }

  /// For each tensor of the tree: the first one it shares its storage with, if any.
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
  /// "parameter", "tensor that requires grad".
  var kindText: String { kind.rawValue + (requiresGrad ? " that requires grad" : "") }

  /// The comparison of two tensors of one type and shape; nil for types without real numbers.
  func comparison(
    with other: Tensor, tolerance: NumberComparison.Tolerance
  ) throws(CheckpointError) -> NumberComparison? {
    guard scalarType.isReal else { return nil }
    return NumberComparison(
      try doubles(), try other.doubles(), ulpsOf: scalarType, tolerance: tolerance)
  }
}
