import DBNPlatform

extension DenseArray {
  /// The sums over the dimensions, each in row-major order.
  ///
  /// - Parameter shape: the result's shape, with or without the reduced dimensions.
  func summed(over dimensions: [Int], to shape: [Int]) -> DenseArray {
    let kept = self.shape.indices.map { dimensions.contains($0) ? 1 : self.shape[$0] }
    let rows = StridedRows(
      self.shape, self.shape.strides, kept.strides(broadcastTo: self.shape))
    var result = DenseArray(repeating: 0, shape)
    result.values.withUnsafeMutableBufferPointer { output in
      values.withUnsafeBufferPointer { input in
        guard let output = output.baseAddress, let input = input.baseAddress else { return }
        rows.forEach { first, second in
          var (first, second, index) = (first, second, 0)
          while index < rows.count {
            output[second] += input[first]
            first &+= rows.firstStride
            second &+= rows.secondStride
            index &+= 1
          }
        }
      }
    }
    return result
  }

  func averaged(over dimensions: [Int], to shape: [Int]) -> DenseArray {
    let count = Double(dimensions.reduce(1) { $0 * self.shape[$1] })
    return summed(over: dimensions, to: shape).mapped { $0 / count }
  }

  /// `torch.softmax` along a dimension, or its logarithm.
  func softmax(along dimension: Int, logarithm: Bool) -> DenseArray {
    let size = shape.isEmpty ? 1 : shape[dimension]
    let inner = shape.dropFirst(dimension + 1).reduce(1, *)
    return alongLines(size, inner) { line in
      DBNModels.softmax(line, size, logarithm: logarithm)
    }
  }

  /// Each run of `count` elements with a mean of 0 and a variance of 1.
  func standardised(_ count: Int, eps: Double) -> DenseArray {
    alongLines(count, 1) { line in
      let elements = 0..<count
      let mean = elements.reduce(0) { $0 + line[$1] } / Double(count)
      let variance =
        elements.reduce(0) { $0 + (line[$1] - mean) * (line[$1] - mean) } / Double(count)
      let scale = 1 / (variance + eps).squareRoot()
      for index in elements { line[index] = (line[index] - mean) * scale }
    }
  }

  /// Each run of `count` elements divided by the root of their mean square.
  func dividedByRootMeanSquare(_ count: Int, eps: Double) -> DenseArray {
    alongLines(count, 1) { line in
      let elements = 0..<count
      let meanSquare = elements.reduce(0) { $0 + line[$1] * line[$1] } / Double(count)
      let scale = 1 / (meanSquare + eps).squareRoot()
      for index in elements { line[index] *= scale }
    }
  }

  /// The elements multiplied by a weight and added to a bias, which broadcast.
  func scaled(_ weight: DenseArray?, _ bias: DenseArray?) -> DenseArray {
    var result = self
    if let weight { result = result.combined(with: weight, to: shape, *) }
    if let bias { result = result.combined(with: bias, to: shape, +) }
    return result
  }

  /// Applies a closure to each line of `size` elements that are `inner` apart.
  func alongLines(
    _ size: Int, _ inner: Int, _ body: (UnsafeMutablePointer<Double>) -> Void
  ) -> DenseArray {
    guard size > 0, !values.isEmpty else { return self }
    var result = self
    let line = UnsafeMutablePointer<Double>.allocate(capacity: size)
    defer { line.deallocate() }
    result.values.withUnsafeMutableBufferPointer { values in
      for start in 0..<values.count / size {
        let first = start / inner * inner * size + start % inner
        line.initialize(repeating: 0, count: size)
        for index in 0..<size { line[index] = values[first + index * inner] }
        body(line)
        for index in 0..<size { values[first + index * inner] = line[index] }
      }
    }
    return result
  }
}

/// Replaces numbers by their softmax, or by its logarithm.
func softmax(_ line: UnsafeMutablePointer<Double>, _ size: Int, logarithm: Bool = false) {
  var largest = -Double.infinity
  for index in 0..<size { largest = line[index] > largest ? line[index] : largest }
  var sum = 0.0
  for index in 0..<size { sum += exp(line[index] - largest) }
  let logarithmOfSum = log(sum)
  for index in 0..<size {
    let shifted = line[index] - largest
    line[index] = logarithm ? shifted - logarithmOfSum : exp(shifted) / sum
  }
}
