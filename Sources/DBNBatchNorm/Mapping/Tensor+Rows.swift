package import DBNTensors

/// Tensors whose first dimension is the device.
extension Tensor {
  /// [...] becomes [V, ...]: V copies of the same bytes, made when they are read.
  func repeated(_ worldSize: Int) throws(CheckpointError) -> Tensor {
    // Checked arithmetic, before a product overflows.
    _ = try Tensor.byteCount(of: scalarType, shape: [worldSize] + shape)
    return try with(RepeatedBytes(storage, count: worldSize), shape: [worldSize] + shape)
  }

  /// V tensors [...] of the same type and shape as one [V, ...], assembled when it is read.
  package static func stacked(_ rows: [Tensor]) throws(CheckpointError) -> Tensor {
    guard let first = rows.first else {
      throw CheckpointError(.inconsistentTensor, "there are no rows to stack")
    }
    if let odd = rows.first(where: { $0.shape != first.shape || $0.scalarType != first.scalarType })
    {
      throw CheckpointError(
        .inconsistentTensor,
        "\(first.scalarType.name) \(first.shape) and \(odd.scalarType.name) \(odd.shape) cannot be "
          + "rows of one tensor")
    }
    return try first.with(
      JoinedBytes(rows.map(\.storage)), shape: [rows.count] + first.shape)
  }

  /// [V, ...] becomes [...]: the bytes of one row.
  func row(_ index: Int) throws(CheckpointError) -> Tensor {
    let rowByteCount = shape[0] == 0 ? 0 : byteCount / shape[0]
    let bytes = try storage.withBytes { bytes in
      bytes.withUnsafeBytes { all in
        Array(all[index * rowByteCount..<(index + 1) * rowByteCount])
      }
    }
    return try Tensor(
      scalarType, shape: Array(shape.dropFirst()), storage: TensorStorage(ByteRegion(bytes)),
      kind: kind, requiresGrad: requiresGrad)
  }

  /// Whether it can be loaded as a scalar, like counters saved before PyTorch 0.4. PyTorch also
  /// takes the first element of a longer vector; here that is refused, because the other elements
  /// would be lost.
  ///
  /// Source: `torch.nn.Module._load_from_state_dict`.
  var isVectorForScalar: Bool { shape == [1] }

  /// A counter as PyTorch loads it, as a scalar.
  package func loadedAsScalar() throws(CheckpointError) -> Tensor {
    isVectorForScalar ? try row(0) : self
  }

  /// Whether all rows along the first dimension have the same bytes.
  func hasEqualRows() throws(CheckpointError) -> Bool {
    guard let count = shape.first, count > 1 else { return true }
    let rowByteCount = byteCount / count
    return try storage.withBytes { bytes in
      // All rows are equal if the tensor equals itself shifted by one row.
      bytes.extracting(droppingFirst: rowByteCount).hasEqualBytes(
        to: bytes.extracting(droppingLast: rowByteCount))
    }
  }

  private func with(_ bytes: some ByteSource, shape: [Int]) throws(CheckpointError) -> Tensor {
    try Tensor(
      scalarType, shape: shape, storage: TensorStorage(bytes), kind: kind,
      requiresGrad: requiresGrad)
  }
}
