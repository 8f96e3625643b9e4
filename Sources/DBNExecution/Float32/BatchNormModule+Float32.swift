import DBNModels
public import DBNTensors

/// The same forwards on Float32 values where they lie, on all cores: for speed, where Float64 is
/// for definition. Outputs differ from the reference's by a few roundings of Float32, and slices
/// are treated the same to the last bit, alone or side by side.
extension BatchNormModule {
  /// The outputs in evaluation.
  ///
  /// - Parameters:
  ///   - input: row-major, as many values as the shape has.
  ///   - shape: [N, C, ...], of a rank that the module takes.
  ///   - output: as many elements.
  /// - Throws: `shapeMismatch` for another rank, C, or number of values; `tooFewValues` without
  ///   running statistics.
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

  /// The outputs in training, and the running statistics moved on.
  ///
  /// - Parameters: as in evaluation.
  /// - Throws: `shapeMismatch` for another rank, C, or number of values; `tooFewValues`. Then
  ///   nothing has changed, nor been written.
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

  /// The outputs in training, which overwrite the input, and the running statistics moved on.
  public mutating func train(
    inPlace values: inout MutableSpan<Float>, shape: [Int]
  ) throws(CheckpointError) {
    try check(shape, counts: values.count)
    try values.withUnsafeMutableBufferPointer { values throws(CheckpointError) in
      track(try statistics(batch(UnsafePointer(values.baseAddress), values.baseAddress, shape)))
    }
  }

  /// The outputs in evaluation, in an array of their own.
  public func evaluate(_ input: [Float], shape: [Int]) throws(CheckpointError) -> [Float] {
    try [Float](count: input.count) { output throws(CheckpointError) in
      try evaluate(input.span, shape: shape, into: &output)
    }
  }

  /// The outputs in training, in an array of their own, and the running statistics moved on.
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

  /// The statistics of each device's slice, after it was normalised with them.
  ///
  /// - Parameter batch: nil if there are no values.
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
  /// An array whose elements `fill` sets, each of them unless it throws.
  fileprivate init(
    count: Int, fill: (inout MutableSpan<Float>) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    var failure: CheckpointError?
    self.init(unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(CheckpointError) {
        var places = buffer.extracting(..<count).mutableSpan
        try fill(&places)
        initialized = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }
}
