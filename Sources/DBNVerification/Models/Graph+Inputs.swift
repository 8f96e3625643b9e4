import DBNExecution
import DBNModels
import DBNTensors

extension Graph {
  /// The size of an image along each axis that the model leaves open: so small that the reference
  /// engine takes seconds, yet large enough for every layer of the known architectures.
  static let drawnSize = 64

  /// Inputs from the standard normal distribution, rounded to float32, the same on every machine.
  /// Bool and integers are 0 or 1: indices into most dimensions.
  ///
  /// - Parameter samples: the size of the first dimension, if the model leaves it open.
  func drawInputs(
    samples: Int, seed: UInt64
  ) throws(CheckpointError) -> [String: DenseArray] {
    var drawn: [String: DenseArray] = [:]
    for (index, input) in inputs.enumerated() {
      let shape = input.drawnShape(samples: samples)
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
