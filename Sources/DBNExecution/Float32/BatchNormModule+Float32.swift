import DBNModels
public import DBNTensors

/// The same forward passes on Float32 values in the caller's memory, on all cores: for speed, while
/// the Float64 ones are the definition. Outputs differ from the reference's by a few Float32
/// roundings. A slice gives the same bits whether it is run alone or with others.
extension BatchNormModule {
  /// The outputs in evaluation.
  ///
  /// - Parameters:
  ///   - input: the values, row-major, as many as the shape has.
  ///   - shape: [N, C, ...], with a number of dimensions that the module accepts.
  ///   - output: as many elements as the input.
  /// - Throws: `shapeMismatch` for other dimensions or another number of values; `tooFewValues`
  ///   without running statistics.
  public func evaluate(
    _ input: Span<Float>, shape: [Int], into output: inout MutableSpan<Float>
  ) throws(CheckpointError) {
    try check(shape, counts: input.count, output.count)
    try input.withUnsafeBufferPointer { input throws(CheckpointError) in
      try output.withUnsafeMutableBufferPointer { output throws(CheckpointError) in
        try evaluate(batch(input.baseAddress, output.baseAddress, shape))
      }
    }
  }

  /// The outputs in training; updates the running statistics.
  ///
  /// - Parameters: as in evaluation.
  /// - Throws: `shapeMismatch` for other dimensions or another number of values; `tooFewValues`.
  ///   Then nothing has been changed or written.
  public mutating func train(
    _ input: Span<Float>, shape: [Int], into output: inout MutableSpan<Float>
  ) throws(CheckpointError) {
    try check(shape, counts: input.count, output.count)
    try input.withUnsafeBufferPointer { input throws(CheckpointError) in
      try output.withUnsafeMutableBufferPointer { output throws(CheckpointError) in
        track(try statistics(batch(input.baseAddress, output.baseAddress, shape)))
      }
    }
  }

  /// The outputs in evaluation, which overwrite the input.
  public func evaluate(
    inPlace values: inout MutableSpan<Float>, shape: [Int]
  ) throws(CheckpointError) {
    try check(shape, counts: values.count)
    try values.withUnsafeMutableBufferPointer { values throws(CheckpointError) in
      try evaluate(batch(UnsafePointer(values.baseAddress), values.baseAddress, shape))
    }
  }

  /// The outputs in training, which overwrite the input; updates the running statistics.
  public mutating func train(
    inPlace values: inout MutableSpan<Float>, shape: [Int]
  ) throws(CheckpointError) {
    try check(shape, counts: values.count)
    try values.withUnsafeMutableBufferPointer { values throws(CheckpointError) in
      track(try statistics(batch(UnsafePointer(values.baseAddress), values.baseAddress, shape)))
    }
  }

  /// The outputs in evaluation, in a new array.
  public func evaluate(_ input: [Float], shape: [Int]) throws(CheckpointError) -> [Float] {
    try [Float](count: input.count) { output throws(CheckpointError) in
      try evaluate(input.span, shape: shape, into: &output)
    }
  }

  /// The outputs in training, in a new array; updates the running statistics.
  public mutating func train(_ input: [Float], shape: [Int]) throws(CheckpointError) -> [Float] {
    try [Float](count: input.count) { output throws(CheckpointError) in
      try train(input.span, shape: shape, into: &output)
    }
  }

  private func evaluate(_ batch: Float32Batch?) throws(CheckpointError) {
    if rows.isEmpty {
      _ = try statistics(batch)
    } else if let batch {
      try batch.scaled(slices(of: batch.samples), by: self)
    }
  }

  /// Normalises each device's slice with its own statistics, and returns these.
  ///
  /// - Parameter batch: the values; nil if there are none.
  private func statistics(
    _ batch: Float32Batch?
  ) throws(CheckpointError) -> [SliceStatistics] {
    let slices = slices(of: batch?.samples ?? 0)
    try check(slices, positions: batch?.positions ?? 0)
    return try batch?.normalised(slices, by: self) ?? []
  }

  private func batch(
    _ input: UnsafePointer<Float>?, _ output: UnsafeMutablePointer<Float>?, _ shape: [Int]
  ) throws(CheckpointError) -> Float32Batch? {
    guard let input, let output, !shape.contains(0) else { return nil }
    return Float32Batch(
      input, output, samples: shape[0], features: features, positions: try positions(of: shape))
  }

  private func check(_ shape: [Int], counts: Int...) throws(CheckpointError) {
    _ = try positions(of: shape)
    let count = try Tensor.byteCount(of: .float32, shape: shape) / 4
    guard counts.allSatisfy({ $0 == count }) else {
      throw .shape("the shape \(shape) needs \(count) values, not \(counts)")
    }
  }
}

extension [Float] {
  /// Makes an array whose elements `fill` must all set unless it throws.
  fileprivate init(
    count: Int, fill: (inout MutableSpan<Float>) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    var failure: CheckpointError?
    self.init(unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(CheckpointError) {
        var values = buffer.extracting(..<count).mutableSpan
        try fill(&values)
        initialized = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }
}
