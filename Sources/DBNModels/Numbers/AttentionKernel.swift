import DBNPlatform
import DBNTensors

/// `softmax(query * key^T * scale + mask) * value`, a block of queries at a time.
///
/// Source: `_scaled_dot_product_attention_math` of
/// `aten/src/ATen/native/transformers/attention.cpp`.
struct AttentionKernel {
  /// The number of queries in a block.
  private static let blockSize = 64

  private let attributes: Operation.Attention
  private let shapes: AttentionShapes
  private let query: DenseArray
  private let key: DenseArray
  private let value: DenseArray
  private let mask: DenseArray?
  private let scale: Double

  init(
    _ attributes: Operation.Attention, query: DenseArray, key: DenseArray, value: DenseArray,
    mask: DenseArray?
  ) throws(CheckpointError) {
    shapes = try AttentionShapes(
      query: query.shape, key: key.shape, value: value.shape, mask: mask?.shape,
      sharesHeads: attributes.sharesHeads)
    self.attributes = attributes
    self.query = query.reshaped(to: shapes.query)
    self.key = key.reshaped(to: shapes.key)
    self.value = value.reshaped(to: shapes.value)
    self.mask = if let mask, let shape = shapes.mask { mask.reshaped(to: shape) } else { nil }
    scale = attributes.scale ?? 1 / Double(shapes.depth).squareRoot()
  }

  /// The output, with heads still split.
  func output() throws(CheckpointError) -> DenseArray {
    let blocks = (shapes.queries + Self.blockSize - 1) / Self.blockSize
    let shape = shapes.batch + [shapes.queries, shapes.features]
    let batch = shapes.batch.reduce(1, *)
    return try DenseArray(shape: shape) { output throws(CheckpointError) in
      try concurrentForEach(batch * blocks) { index in
        let (entry, block) = index.quotientAndRemainder(dividingBy: blocks)
        let first = block * Self.blockSize
        guard let target = output.start else { return }
        run(
          first..<min(first + Self.blockSize, shapes.queries), of: coordinates(entry),
          into: target + entry * shapes.queries * shapes.features)
      }
    }
  }

  /// The coordinates of an entry of the batch.
  private func coordinates(_ entry: Int) -> [Int] {
    zip(shapes.batch, shapes.batch.strides).map { entry / $1 % $0 }
  }

  /// The strides of an operand's dimensions, broadcast to those of the products.
  private func strides(_ operand: DenseArray) -> [Int] {
    operand.shape.strides(broadcastTo: shapes.batch + [shapes.queries, shapes.keys])
  }

  /// The offset of an entry of the batch in an operand.
  private func offset(_ coordinates: [Int], in operand: DenseArray) -> Int {
    zip(coordinates, strides(operand)).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func run(
    _ rows: Range<Int>, of coordinates: [Int], into output: UnsafeMutablePointer<Double>
  ) {
    let (keys, depth, features) = (shapes.keys, shapes.depth, shapes.features)
    let transposed = key.part([depth, keys], [1, depth], from: offset(coordinates, in: key))
    let firstQuery = offset(coordinates, in: query) + rows.lowerBound * depth
    let firstValue = offset(coordinates, in: value)
    let weights = UnsafeMutablePointer<Double>.allocate(capacity: rows.count * keys)
    weights.initialize(repeating: 0, count: rows.count * keys)
    defer { weights.deallocate() }
    withPointers(query, transposed) { query, transposed in
      multiplyMatrices(query + firstQuery, transposed, weights, rows.count, depth, keys)
    }
    for row in rows { normalise(weights + (row - rows.lowerBound) * keys, row, coordinates) }
    value.values.withUnsafeBufferPointer { value in
      guard let value = value.baseAddress else { return }
      let target = output + rows.lowerBound * features
      multiplyMatrices(weights, value + firstValue, target, rows.count, keys, features)
    }
  }

  /// Makes weights of a query's products with the keys. They are all 0 if the mask leaves out all
  /// keys.
  private func normalise(
    _ products: UnsafeMutablePointer<Double>, _ row: Int, _ coordinates: [Int]
  ) {
    let keys = 0..<shapes.keys
    for column in keys { products[column] *= scale }
    if attributes.isCausal {
      for column in keys where column > row { products[column] = -.infinity }
    }
    if let mask { add(mask, to: products, row, coordinates) }
    guard keys.contains(where: { products[$0] != -.infinity }) else {
      return products.update(repeating: 0, count: keys.count)
    }
    softmax(products, keys.count)
  }

  private func add(
    _ mask: DenseArray, to products: UnsafeMutablePointer<Double>, _ row: Int,
    _ coordinates: [Int]
  ) {
    let strides = strides(mask).suffix(2)
    let start = offset(coordinates, in: mask) + row * (strides.first ?? 0)
    for column in 0..<shapes.keys {
      let value = mask.values[start + column * (strides.last ?? 0)]
      if !attributes.hasBooleanMask {
        products[column] += value
      } else if value == 0 {
        products[column] = -.infinity
      }
    }
  }
}
