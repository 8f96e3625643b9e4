import DBNModels
public import DBNTensors

extension BatchNormModule {
  /// The outputs in evaluation, in the tensor's scalar type: computed in Float32 for float32, and
  /// by the reference in Float64 for other types.
  ///
  /// - Parameter input: [N, C, ...], with a number of dimensions that the module accepts.
  /// - Throws: `shapeMismatch`, `tooFewValues` without running statistics,
  ///   `unsupportedScalarType` unless it is float16, bfloat16, float32 or float64.
  public func evaluate(_ input: Tensor) throws(CheckpointError) -> Tensor {
    guard input.scalarType == .float32 else {
      let output = try evaluate(DenseArray(input))
      return try Tensor(rounding: output.values, to: input.scalarType, shape: input.shape)
    }
    return try Tensor(evaluate(input.array(of: Float.self), shape: input.shape), input.shape)
  }

  /// The outputs in training, in the tensor's scalar type; updates the running statistics.
  ///
  /// - Throws: the errors of evaluation, and `tooFewValues`; then nothing has changed.
  public mutating func train(_ input: Tensor) throws(CheckpointError) -> Tensor {
    var trained = self
    let output: Tensor
    if input.scalarType == .float32 {
      let values = try trained.train(input.array(of: Float.self), shape: input.shape)
      output = try Tensor(values, input.shape)
    } else {
      let values = try trained.train(DenseArray(input)).values
      output = try Tensor(rounding: values, to: input.scalarType, shape: input.shape)
    }
    self = trained
    return output
  }
}

extension Tensor {
  fileprivate init(_ values: [Float], _ shape: [Int]) throws(CheckpointError) {
    let bytes = values.withUnsafeBytes { Array($0) }
    try self.init(.float32, shape: shape, storage: TensorStorage(ByteRegion(bytes)))
  }
}
