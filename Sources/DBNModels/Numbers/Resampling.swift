import DBNTensors

/// How an axis of one size is made of an axis of another: the elements that each new element is
/// made of, and their weights.
struct Resampling {
  /// The size of the axis that is read.
  let inputSize: Int
  /// How many elements each new element is made of.
  let taps: Int
  /// The indices of these elements, `taps` for each new element.
  private(set) var indices: [Int] = []
  private(set) var weights: [Double] = []

  var outputSize: Int { indices.count / taps }

  /// - Parameter inputs: the elements that a new element is made of, one to `taps`.
  init(
    _ inputSize: Int, to outputSize: Int, taps: Int, inputs: (Int) -> [(index: Int, weight: Double)]
  ) {
    self.inputSize = inputSize
    self.taps = taps
    indices.reserveCapacity(outputSize * taps)
    weights.reserveCapacity(outputSize * taps)
    for output in 0..<outputSize {
      let inputs = inputs(output)
      // What is missing repeats the first with the weight 0.
      for tap in 0..<taps {
        indices.append(inputs[tap < inputs.count ? tap : 0].index)
        weights.append(tap < inputs.count ? inputs[tap].weight : 0)
      }
    }
  }

  /// Each new element is a copy of one.
  init(copying inputSize: Int, to outputSize: Int, index: (Int) -> Int) {
    self.init(inputSize, to: outputSize, taps: 1) { [(index($0), 1)] }
  }
}

extension DenseArray {
  /// Resamples the last axes, one after the other, the last one first.
  ///
  /// - Parameter axes: one for each of these axes; nil for an axis that stays as it is.
  func resampled(_ axes: [Resampling?]) throws(CheckpointError) -> DenseArray {
    var result = self
    for (index, resampling) in axes.enumerated().reversed() {
      guard let resampling else { continue }
      let axis = shape.count - axes.count + index
      result = try result.resampled(resampling, along: axis)
    }
    return result
  }

  private func resampled(
    _ resampling: Resampling, along axis: Int
  ) throws(CheckpointError) -> DenseArray {
    let (size, newSize) = (resampling.inputSize, resampling.outputSize)
    let inner = shape[(axis + 1)...].reduce(1, *)
    let planes = shape[..<axis].reduce(1, *)
    return try DenseArray(shape: shape.replacing(axis, with: newSize)) {
      output throws(CheckpointError) in
      try concurrentForEach(planes) { plane in
        values.withUnsafeBufferPointer { values in
          guard let input = values.baseAddress, let target = output.start else { return }
          resampling.run(
            input + plane * size * inner, target + plane * newSize * inner, inner)
        }
      }
    }
  }
}

extension Resampling {
  /// Makes the new rows of a plane, each `count` elements, from the old ones.
  fileprivate func run(
    _ input: UnsafePointer<Double>, _ output: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    var output = output
    for first in stride(from: 0, to: indices.count, by: taps) {
      for tap in first..<first + taps where tap == first || weights[tap] != 0 {
        let (source, weight) = (input + indices[tap] * count, weights[tap])
        var index = 0
        while index < count {
          let product = weight * source[index]
          output[index] = tap == first ? product : output[index] + product
          index &+= 1
        }
      }
      output += count
    }
  }
}
