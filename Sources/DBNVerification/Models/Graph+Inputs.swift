import DBNExecution
import DBNModels
import DBNTensors

extension Graph {
  /// The sizes of an image along each axis that the model leaves open, of which the first is drawn
  /// that all layers accept: so small that the reference engine takes seconds, while some models,
  /// such as Inception v3, need more than 64.
  private static let drawnSizes = [64, 128, 256]

  /// The shapes of random inputs.
  ///
  /// - Parameter samples: the size of the first dimension, if the model leaves it open.
  func drawnShapes(samples: Int) -> [String: [Int]] {
    let parameters = Dictionary(
      self.parameters.map { ($0.key, $0.shape) }, uniquingKeysWith: { $1 })
    let candidates = Self.drawnSizes.map { size in
      Dictionary(
        inputs.map { ($0.name, $0.drawnShape(samples: samples, size: size)) },
        uniquingKeysWith: { $1 })
    }
    // If no size is accepted, running the model says why.
    return candidates.first { (try? sized(for: $0, parameters: parameters)) != nil }
      ?? candidates[0]
  }

  /// Inputs from the standard normal distribution, rounded to float32, the same on every machine.
  /// Bool and integers are 0 or 1: indices into most dimensions.
  ///
  /// - Parameter samples: the size of the first dimension, if the model leaves it open.
  func drawInputs(
    samples: Int, seed: UInt64
  ) throws(CheckpointError) -> [String: DenseArray] {
    let shapes = drawnShapes(samples: samples)
    var drawn: [String: DenseArray] = [:]
    for (index, input) in inputs.enumerated() {
      let shape = shapes[input.name] ?? []
      var generator = InputGenerator(seed: seed, stream: index)
      let count = try Tensor.byteCount(of: .float64, shape: shape) / 8
      let isIntegral = input.scalarType != nil
      let values = (0..<count).map { _ in
        let number = Double(Float(generator.nextNormal()))
        return isIntegral ? (number > 0 ? 1 : 0) : number
      }
      drawn[input.name] = try DenseArray(shape: shape, values: values)
    }
    return drawn
  }
}

extension Graph.Input {
  /// - Parameter size: that of an image; a video is so much smaller that it has as many elements.
  fileprivate func drawnShape(samples: Int, size: Int) -> [Int] {
    let isVideo = shape.dropFirst().count { $0 == nil } > 2
    return shape.enumerated().map { axis, known in
      known ?? (axis == 0 ? samples : isVideo ? size / 4 : size)
    }
  }
}
