internal import DBNTensors

extension KerasRole {
  /// The variable of Keras' layer from the tensors of PyTorch's module: the inverse of `entries`.
  ///
  /// - Parameters:
  ///   - shape: the variable's shape in Keras.
  ///   - find: the tensor of the module with a name.
  /// - Returns: nil if the module lacks a tensor.
  /// - Throws: `inconsistentTensor` if a tensor does not have the variable's shape in PyTorch.
  func variable(
    shape: [Int], _ find: (String) throws(CheckpointError) -> Tensor?
  ) throws(CheckpointError) -> Tensor? {
    guard let tensor = try find(name) else { return nil }
    let expected = try entries(of: Tensor(tensor.scalarType, zeros: shape))[0].tensor.shape
    guard tensor.shape == expected else {
      throw CheckpointError(
        .inconsistentTensor,
        "has the shape \(tensor.shape); the Keras file has the shape \(shape), which is \(expected) "
          + "in PyTorch", advice: "give a file of the same model")
    }
    let (rank, space) = (shape.count, Array(2..<max(2, shape.count)))
    switch self {
    case .weight, .bias, .pointwiseBias, .runningMean, .runningVariance: return tensor
    case .kernel: return try tensor.permuted(space + [1, 0])
    case .depthwiseKernel:
      let parts = [shape[rank - 2], shape[rank - 1]] + space.map { tensor.shape[$0] }
      return try tensor.reshaped(parts).permuted(space + [0, 1])
    case .recurrentKernel(let recurrence, _): return try recurrence.restoredKernel(tensor)
    case .recurrentBias(let recurrence):
      guard let hidden = try find(Self.hiddenBias), hidden.shape == tensor.shape else { return nil }
      return try recurrence.restoredBias(input: tensor, hidden: hidden, shape: shape)
    }
  }
}

extension Tensor {
  fileprivate init(_ type: ScalarType, zeros shape: [Int]) throws(CheckpointError) {
    let byteCount = try Tensor.byteCount(of: type, shape: shape)
    try self.init(type, shape: shape, storage: TensorStorage(zeros: byteCount))
  }
}
