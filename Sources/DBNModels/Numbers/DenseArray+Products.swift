import DBNTensors

extension DenseArray {
  /// `torch.nn.functional.linear`: the last dimension [I] times the weight [O, I], plus the bias
  /// [O].
  func linear(
    _ weight: DenseArray, _ bias: DenseArray?, to shape: [Int]
  ) throws(CheckpointError) -> DenseArray {
    let (outputs, size) = (weight.shape[0], weight.shape[1])
    let rows = outputs == 0 ? 0 : shape.reduce(1, *) / outputs
    return try DenseArray(shape: shape) { output throws(CheckpointError) in
      try concurrentForEach(outputs) { feature in
        let start = bias?.values[feature] ?? 0
        weight.values.withUnsafeBufferPointer { weights in
          values.withUnsafeBufferPointer { inputs in
            for row in 0..<rows {
              var (sum, index) = (start, 0)
              if let weights = weights.baseAddress, let inputs = inputs.baseAddress {
                let (mine, theirs) = (inputs + row * size, weights + feature * size)
                while index < size {
                  sum += mine[index] * theirs[index]
                  index &+= 1
                }
              }
              output[row * outputs + feature] = sum
            }
          }
        }
      }
    }
  }

  /// `torch.matmul` of [..., M, K] and [..., K, N], whose other dimensions broadcast.
  func multiplied(with other: DenseArray, to shape: [Int]) -> DenseArray {
    let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
    let depth = self.shape[self.shape.count - 1]
    let batch = [Int](shape.dropLast(2))
    let matrices = StridedRows(
      batch, batchStrides(rows * depth, to: batch), other.batchStrides(depth * columns, to: batch))
    var result = DenseArray(repeating: 0, shape)
    result.values.withUnsafeMutableBufferPointer { output in
      guard var target = output.baseAddress else { return }
      withPointers(self, other) { left, right in
        matrices.forEach { first, second in
          for index in 0..<matrices.count {
            multiplyMatrices(
              left + first + index * matrices.firstStride,
              right + second + index * matrices.secondStride, target, rows, depth, columns)
            target += rows * columns
          }
        }
      }
    }
    return result
  }

  /// The strides between matrices of a size, broadcast to the batch.
  private func batchStrides(_ size: Int, to batch: [Int]) -> [Int] {
    [Int](shape.dropLast(2)).strides(broadcastTo: batch).map { $0 * size }
  }
}

/// Adds the product to the output; each sum runs in order along the depth.
func multiplyMatrices(
  _ left: UnsafePointer<Double>, _ right: UnsafePointer<Double>,
  _ output: UnsafeMutablePointer<Double>, _ rows: Int, _ depth: Int, _ columns: Int
) {
  for row in 0..<rows {
    let target = output + row * columns
    for index in 0..<depth {
      let (factor, source) = (left[row * depth + index], right + index * columns)
      var column = 0
      while column < columns {
        target[column] += factor * source[column]
        column &+= 1
      }
    }
  }
}
