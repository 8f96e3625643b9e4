package import DBNTensors

/// Tensors whose first dimension is the device.
extension Tensor {
  /// [...] becomes [V, ...]: V copies of the same bytes, made when read.
  func repeated(_ worldSize: Int) throws(CheckpointError) -> Tensor {
    let rowByteCount = byteCount
    let source = storage
    return try computed(shape: [worldSize] + shape) { bytes throws(CheckpointError) in
      try source.withBytes { row in
        row.withUnsafeBytes { row in
          for device in 0..<worldSize { bytes.copy(row, to: device * rowByteCount) }
        }
      }
    }
  }

  /// V tensors [...] of one type and shape as one [V, ...], put together when read.
  package static func stacked(_ rows: [Tensor]) throws(CheckpointError) -> Tensor {
    guard let first = rows.first else {
      throw CheckpointError(.inconsistentTensor, "there are no rows to put together")
    }
    if let odd = rows.first(where: { $0.shape != first.shape || $0.scalarType != first.scalarType })
    {
      throw CheckpointError(
        .inconsistentTensor,
        "\(first.scalarType.name) \(first.shape) and \(odd.scalarType.name) \(odd.shape) are no "
          + "rows of one tensor")
    }
    let storages = rows.map(\.storage)
    return try first.computed(shape: [rows.count] + first.shape) { bytes throws(CheckpointError) in
      for (device, storage) in storages.enumerated() {
        try storage.withBytes { row in
          row.withUnsafeBytes { bytes.copy($0, to: device * storage.byteCount) }
        }
        // Rows may come from a file each.
        storage.releaseFile()
      }
    }
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

  /// Whether it can stand where a tensor of no dimensions is wanted, as counters that were saved
  /// before PyTorch 0.4 can. PyTorch takes the first element of longer vectors too; those are not
  /// taken here, since they have numbers that would be lost.
  ///
  /// Source: `torch.nn.Module._load_from_state_dict`.
  var isVectorForScalar: Bool { shape == [1] }

  /// A counter as PyTorch loads it: without dimensions.
  package func loadedAsScalar() throws(CheckpointError) -> Tensor {
    isVectorForScalar ? try row(0) : self
  }

  /// Whether the first dimension's rows are all the same bytes.
  func hasEqualRows() throws(CheckpointError) -> Bool {
    guard let count = shape.first, count > 1 else { return true }
    let rowByteCount = byteCount / count
    return try storage.withBytes { bytes in
      // Rows are all equal if the whole is equal to itself moved by one row.
      bytes.extracting(droppingFirst: rowByteCount).hasEqualBytes(
        to: bytes.extracting(droppingLast: rowByteCount))
    }
  }

  private func computed(
    shape: [Int],
    _ fill: @escaping @Sendable (UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void
  ) throws(CheckpointError) -> Tensor {
    let storage = TensorStorage(
      computing: try Tensor.byteCount(of: scalarType, shape: shape), fill)
    return try Tensor(
      scalarType, shape: shape, storage: storage, kind: kind, requiresGrad: requiresGrad)
  }
}

extension UnsafeMutableRawBufferPointer {
  fileprivate func copy(_ row: UnsafeRawBufferPointer, to offset: Int) {
    UnsafeMutableRawBufferPointer(rebasing: self[offset..<offset + row.count]).copyMemory(from: row)
  }
}
