package import DBNTensors

/// The shapes of a node's operands, some of which may be omitted.
package struct OperandShapes {
  private let shapes: [[Int]?]
  /// The shapes of the graph's values, which sizes may refer to.
  private let valueShapes: [String: [Int]]

  init(_ shapes: [[Int]?], valueShapes: [String: [Int]]) {
    self.shapes = shapes
    self.valueShapes = valueShapes
  }

  subscript(index: Int) -> [Int]? { index < shapes.count ? shapes[index] : nil }

  func required(_ index: Int) throws(CheckpointError) -> [Int] {
    guard let shape = self[index] else {
      throw CheckpointError(.missingOperand, "operand \(index) is missing")
    }
    return shape
  }

  func all() throws(CheckpointError) -> [[Int]] {
    try shapes.indices.map { index throws(CheckpointError) in try required(index) }
  }

  /// The value of a size; nil if it must be inferred.
  func number(_ size: Size) throws(CheckpointError) -> Int? {
    switch size {
    case .inferred: return nil
    case .fixed(let number): return number
    case .input(let dimension): return try required(0).size(at: dimension)
    case .dimension(let dimension, let name):
      guard let shape = valueShapes[name] else {
        throw CheckpointError(.invalidGraph, name: name, "a size refers to a value that is unknown")
      }
      return try shape.size(at: dimension)
    case .computed(let arithmetic, let left, let right):
      guard let left = try number(left), let right = try number(right),
        let result = arithmetic(left, right)
      else { throw .shape("the \(arithmetic.rawValue) of two sizes cannot be computed") }
      return result
    }
  }

  /// The value of a size that may not be inferred.
  func fixed(_ size: Size) throws(CheckpointError) -> Int {
    guard let number = try number(size) else { throw .shape("a size cannot be inferred here") }
    return number
  }

  func numbers(_ sizes: [Size]) throws(CheckpointError) -> [Int] {
    try sizes.map { size throws(CheckpointError) in try fixed(size) }
  }
}

extension OperandShapes {
  /// The shape that the first two operands broadcast to.
  func broadcast() throws(CheckpointError) -> [Int] {
    try required(0).broadcast(with: required(1))
  }

  /// The values of sizes; nil for those to be inferred, PyTorch's -1.
  func inferred(_ sizes: [Size]) throws(CheckpointError) -> [Int?] {
    try sizes.map { size throws(CheckpointError) in try number(size) }
      .map { $0 == -1 ? nil : $0 }
  }

  /// - Throws: `shapeMismatch` unless the second operand has the shape of the part that it
  ///   replaces.
  func checkReplacement(of shape: [Int]) throws(CheckpointError) {
    let source = try required(1)
    guard source == shape else {
      throw .shape("\(source) cannot replace a part of the shape \(shape)")
    }
  }
}

extension [Int?] {
  /// The shape in PyTorch's notation: -1 for sizes to be inferred.
  var sizeText: String { "\(map { $0 ?? -1 })" }
}

extension [Int] {
  /// The shape without a dimension.
  func removing(_ dimension: Int) -> [Int] {
    indices.filter { $0 != dimension }.map { self[$0] }
  }

  /// The shape without the dimensions, or with their sizes replaced by 1.
  func reduced(_ dimensions: [Int], keeps: Bool) -> [Int] {
    indices.compactMap { index in
      guard dimensions.contains(index) else { return self[index] }
      return keeps ? 1 : nil
    }
  }

  /// The dimension counted from the front.
  func dimension(_ dimension: Int) throws(CheckpointError) -> Int {
    let result = dimension < 0 ? dimension + count : dimension
    guard indices.contains(result) else { throw .shape("\(self) has no dimension \(dimension)") }
    return result
  }

  /// The dimensions counted from the front, without duplicates; all dimensions if none are given.
  func dimensions(_ dimensions: [Int]) throws(CheckpointError) -> [Int] {
    let result = try dimensions.map { index throws(CheckpointError) in try dimension(index) }
    guard Set(result).count == result.count else {
      throw .shape("the dimensions \(dimensions) of \(self) name the same one twice")
    }
    return result.isEmpty ? [Int](indices) : result
  }

  func size(at dimension: Int) throws(CheckpointError) -> Int {
    self[try self.dimension(dimension)]
  }

  /// The shape with another size of a dimension.
  func replacing(_ dimension: Int, with size: Int) -> [Int] {
    var result = self
    result[dimension] = size
    return result
  }

  /// The product; nil if it overflows 64 bits.
  var product: Int? {
    var result = 1
    for size in self {
      let (product, overflow) = result.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      result = product
    }
    return result
  }

  /// The shape that both broadcast to.
  package func broadcast(with other: [Int]) throws(CheckpointError) -> [Int] {
    let rank = Swift.max(count, other.count)
    let mine = [Int](repeating: 1, count: rank - count) + self
    let theirs = [Int](repeating: 1, count: rank - other.count) + other
    return try zip(mine, theirs).map { pair throws(CheckpointError) in
      guard pair.0 == pair.1 || pair.0 == 1 || pair.1 == 1 else {
        throw .shape("\(self) and \(other) cannot be broadcast together")
      }
      return pair.0 == 1 ? pair.1 : pair.0
    }
  }
}
