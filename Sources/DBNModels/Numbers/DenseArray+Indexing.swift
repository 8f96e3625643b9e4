extension DenseArray {
  /// The elements at indices along a dimension, which are known to be within it.
  func selecting(_ indices: [Int], along dimension: Int, to shape: [Int]) -> DenseArray {
    let inner = self.shape.dropFirst(dimension + 1).reduce(1, *)
    let (outer, size) = (self.shape.prefix(dimension).reduce(1, *), self.shape[dimension])
    return DenseArray(shape) { output in
      values.withUnsafeBufferPointer { values in
        guard let input = values.baseAddress else { return }
        var output = output
        for start in 0..<outer {
          for index in indices {
            output.update(from: input + (start * size + index) * inner, count: inner)
            output += inner
          }
        }
      }
    }
  }

  /// `torch.gather` at indices of a shape, which are known to be within the dimension.
  func gathered(_ indices: [Int], _ shape: [Int], along dimension: Int) -> DenseArray {
    let stride = self.shape.strides[dimension]
    return DenseArray(shape) { output in
      values.withUnsafeBufferPointer { input in
        forEachIndexed(shape, along: dimension) { element, place in
          output[element] = input[place + indices[element] * stride]
        }
      }
    }
  }

  /// Calls `body` with each element of a tensor of indices and the offset in this array of its
  /// place, at index 0 of the dimension.
  func forEachIndexed(
    _ shape: [Int], along dimension: Int, _ body: (_ element: Int, _ place: Int) -> Void
  ) {
    let rows = StridedRows(
      shape, shape.strides, self.shape.strides.replacing(dimension, with: 0))
    rows.forEach { element, place in
      for index in 0..<rows.count {
        body(element + index * rows.firstStride, place + index * rows.secondStride)
      }
    }
  }

  /// The elements that indices address, as [indices..., block...].
  func elements(at offsets: [Int], _ indexing: Indexing) -> DenseArray {
    let shape = indexing.indices + indexing.block
    return DenseArray(shape) { output in
      values.withUnsafeBufferPointer { input in
        forEachElement(at: offsets, indexing) { output[$0] = input[$1] }
      }
    }
  }

  /// Calls `body` with each element of [indices..., block...] and its offset in this array.
  func forEachElement(
    at offsets: [Int], _ indexing: Indexing, _ body: (_ element: Int, _ place: Int) -> Void
  ) {
    let strides = shape.strides
    let block = indexing.block
    let rows = StridedRows(block, block.strides, indexing.others.map { strides[$0] })
    let count = block.reduce(1, *)
    for (number, offset) in offsets.enumerated() {
      rows.forEach { element, place in
        for index in 0..<rows.count {
          body(
            number * count + element + index * rows.firstStride,
            offset + place + index * rows.secondStride)
        }
      }
    }
  }
}
