public import Tensors

extension StateDict {
  /// The largest V: far beyond any cluster, small enough that no file becomes absurd by a typing
  /// error.
  public static let worldSizeLimit = 65_536

  /// Maps standard BatchNorms to a distributed layout: every virtual device starts from the same
  /// running statistics. In evaluation the model's outputs are the same to the last bit.
  ///
  /// - Parameter worldSize: V, the number of virtual devices.
  /// - Throws: `invalidWorldSize`, `noBatchNorm`, `unexpectedLayout`.
  public func toDistributed(
    worldSize: Int, layout: BatchNormLayout = .replicated, selection: BatchNormSelection = .all
  ) throws(CheckpointError) -> BatchNormConversion {
    guard (1...Self.worldSizeLimit).contains(worldSize) else {
      throw CheckpointError(
        .invalidWorldSize, "\(worldSize) is not a number of virtual devices",
        advice: "give a world size from 1 to \(Self.worldSizeLimit)")
    }
    var converter = try BatchNormConverter(self, selection: selection, from: .standard)
    let stateDict = try converter.replaceBuffers(in: self) {
      site, _, buffer throws(CheckpointError) in
      try buffer.repeated(worldSize, times: layout)
    }
    converter.report.converted = converter.selected.map(\.name)
    return BatchNormConversion(
      stateDict: stateDict, report: converter.report,
      record: [
        "operation": "to-distributed", "layout": .string(layout.description),
        "world_size": .int(worldSize), "batch_norms": .int(converter.selected.count),
      ])
  }
}

extension Tensor {
  /// [...] becomes [V, ...]: V copies of the same bytes, made when read.
  fileprivate func repeated(_ worldSize: Int, times layout: BatchNormLayout) throws(CheckpointError)
    -> Tensor
  {
    let shape = [worldSize] + shape
    let rowByteCount = storage.byteCount
    let source = storage
    let storage = TensorStorage(computing: try Tensor.byteCount(of: scalarType, shape: shape)) {
      bytes throws(CheckpointError) in
      try source.withBytes { row in
        row.withUnsafeBytes { row in
          for device in 0..<worldSize {
            let place = device * rowByteCount..<(device + 1) * rowByteCount
            UnsafeMutableRawBufferPointer(rebasing: bytes[place]).copyMemory(from: row)
          }
        }
      }
    }
    return try Tensor(
      scalarType, shape: shape, storage: storage, kind: kind, requiresGrad: requiresGrad)
  }
}
