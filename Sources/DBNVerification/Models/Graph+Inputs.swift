import DBNExecution
import DBNModels
import DBNTensors

extension Graph {
  /// The sizes of an image and of a video along the axes that the model leaves open, of which the
  /// first are drawn that all layers accept: so small that the reference engine takes seconds, while
  /// some models need more (Inception v3, S3D) or a multiple of something (MaxViT).
  fileprivate static let drawnSizes: [DrawnSizes] = [
    DrawnSizes(image: 64, video: [16, 16, 16]), DrawnSizes(image: 128, video: [32, 32, 32]),
    DrawnSizes(image: 224, video: [16, 224, 224]), DrawnSizes(image: 256, video: [64, 64, 64]),
  ]

  fileprivate struct DrawnSizes {
    let image: Int
    /// Of frames, rows and columns.
    let video: [Int]
  }

  /// The shapes of random inputs.
  ///
  /// - Parameter samples: the size of the first dimension, if the model leaves it open.
  func drawnShapes(samples: Int) -> [String: [Int]] {
    let parameters = Dictionary(
      self.parameters.map { ($0.key, $0.shape) }, uniquingKeysWith: { $1 })
    let candidates = Self.drawnSizes.map { sizes in
      Dictionary(
        inputs.map { ($0.name, $0.drawnShape(samples: samples, sizes: sizes)) },
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
  fileprivate func drawnShape(samples: Int, sizes: Graph.DrawnSizes) -> [Int] {
    let isVideo = shape.dropFirst().count { $0 == nil } > 2
    return shape.enumerated().map { axis, known in
      let size = isVideo ? sizes.video[max(0, axis - shape.count + 3)] : sizes.image
      return known ?? (axis == 0 ? samples : size)
    }
  }
}
