import DBNTensors

/// What indices into some dimensions of a tensor address.
struct Indexing {
  let input: [Int]
  /// The dimensions that are indexed, counted from the front.
  let dimensions: [Int]
  /// The shape that the indices broadcast to.
  let indices: [Int]

  /// - Throws: `shapeMismatch`.
  init(
    _ input: [Int], _ dimensions: [Int], _ indices: some Collection<[Int]>
  ) throws(CheckpointError) {
    guard !dimensions.isEmpty, dimensions.count == indices.count else {
      throw .shape("\(dimensions.count) dimensions are indexed by \(indices.count) tensors")
    }
    self.input = input
    self.dimensions = try input.dimensions(dimensions)
    var shape: [Int] = []
    for index in indices { shape = try shape.broadcast(with: index) }
    self.indices = shape
  }

  /// The dimensions that are not indexed.
  var others: [Int] { input.indices.filter { !dimensions.contains($0) } }

  /// The shape of the elements that each index addresses.
  var block: [Int] { others.map { input[$0] } }

  /// The result's dimension at which those of the indices begin.
  private var position: Int {
    let first = dimensions[0]
    let isRun = dimensions == Array(first..<first + dimensions.count)
    return isRun ? first : 0
  }

  /// The result's shape.
  var result: [Int] { Array(block[..<position] + indices + block[position...]) }

  /// The offset in the tensor of the first element that each index addresses.
  ///
  /// - Throws: `invalidIndex`.
  func offsets(_ arrays: some Collection<DenseArray>) throws(CheckpointError) -> [Int] {
    let strides = input.strides
    var offsets = [Int](repeating: 0, count: indices.reduce(1, *))
    for (dimension, array) in zip(dimensions, arrays) {
      let wide = array.part(indices, array.shape.strides(broadcastTo: indices), from: 0)
      let found = try Indices(wide, size: input[dimension], countsFromEnd: true)
      for (position, index) in found.values.enumerated() {
        offsets[position] += index * strides[dimension]
      }
    }
    return offsets
  }

  /// An array [indices..., block...] in the result's order.
  func arranged(_ array: DenseArray) -> DenseArray {
    array.part(result, order.map { array.shape.strides[$0] }, from: 0)
  }

  /// An array of the result's shape, or one that broadcasts to it, as [indices..., block...].
  func rearranged(_ array: DenseArray) -> DenseArray {
    let strides = array.shape.strides(broadcastTo: result)
    let shape = indices + block
    var inverse = [Int](repeating: 0, count: order.count)
    for (place, dimension) in order.enumerated() { inverse[dimension] = place }
    return array.part(shape, inverse.map { strides[$0] }, from: 0)
  }

  /// For each dimension of the result, the dimension of [indices..., block...].
  private var order: [Int] {
    let places = Array(0..<indices.count + block.count)
    let (front, rest) = (places[..<indices.count], places[indices.count...])
    return Array(rest.prefix(position) + front + rest.dropFirst(position))
  }
}
