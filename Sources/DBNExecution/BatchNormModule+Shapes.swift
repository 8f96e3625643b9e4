public import DBNModels
public import DBNTensors

extension BatchNormModule {
  /// The outputs in evaluation.
  ///
  /// - Parameter input: [N, C, ...], with a number of dimensions that the module accepts.
  /// - Throws: `shapeMismatch` for other dimensions; `tooFewValues` without running statistics.
  public func evaluate(_ input: DenseArray) throws(CheckpointError) -> DenseArray {
    try DenseArray(shape: input.shape, values: evaluate(activations(input)).values)
  }

  /// The outputs in training; updates the running statistics.
  ///
  /// - Parameter input: [N, C, ...], with a number of dimensions that the module accepts.
  /// - Throws: `shapeMismatch` for other dimensions, `tooFewValues`; then nothing has changed.
  public mutating func train(_ input: DenseArray) throws(CheckpointError) -> DenseArray {
    try DenseArray(shape: input.shape, values: train(activations(input)).values)
  }

  private func activations(_ input: DenseArray) throws(CheckpointError) -> Activations {
    let positions = try positions(of: input.shape)
    return Activations(
      samples: input.shape[0], features: features, positions: positions, values: input.values)
  }

  /// P of an input shape [N, C, ...], if the module accepts it.
  ///
  /// - Throws: `shapeMismatch`, PyTorch's "expected 4D input (got 3D input)".
  func positions(of shape: [Int]) throws(CheckpointError) -> Int {
    let rank = shape.count
    let expected =
      switch norm.dimensions {
      case nil: rank >= 2 ? nil : "at least 2D"
      case 1: rank == 2 || rank == 3 ? nil : "2D or 3D"
      case let dimensions?: rank - 2 == dimensions ? nil : "\(dimensions + 2)D"
      }
    if let expected { throw .shape("expected \(expected) input (got \(rank)D input)") }
    guard shape[1] == features else {
      throw .shape(
        "an input \(shape) has \(shape[1]) channels, and the BatchNorm has \(features) features")
    }
    // If another dimension is zero, the others can be so large that their product overflows.
    return try Tensor.byteCount(of: .uint8, shape: Array(shape[2...]))
  }
}
