extension Tensor {
  /// The tensor with its dimensions in another order, computed when its bytes are asked for:
  /// dimension `i` of the result is dimension `axes[i]` of this one.
  ///
  /// - Throws: `inconsistentTensor` unless `axes` names every dimension once.
  public func permuted(_ axes: [Int]) throws(CheckpointError) -> Tensor {
    guard axes.sorted().elementsEqual(shape.indices) else {
      throw CheckpointError(
        .inconsistentTensor, "axes \(axes) are not those of the shape \(shape) in another order")
    }
    let permuted = axes.map { shape[$0] }
    let copy = ScatteredCopy(
      shape: shape, strides: strides(of: permuted, byDimensionOf: axes),
      elementSize: scalarType.byteCount)
    let source = storage
    return try Tensor(
      scalarType, shape: permuted,
      storage: TensorStorage(computing: byteCount) { target throws(CheckpointError) in
        try source.scan(of: TensorStorage.pieceByteCount) { copy.copy($1, at: $0, to: target) }
      }, kind: kind, requiresGrad: requiresGrad)
  }

  /// The bytes between neighbours in an array of the shape, for each dimension of this tensor.
  private func strides(of shape: [Int], byDimensionOf axes: [Int]) -> [Int] {
    var (strides, stride) = ([Int](repeating: 0, count: shape.count), scalarType.byteCount)
    for (size, axis) in zip(shape, axes).reversed() {
      strides[axis] = stride
      stride *= size
    }
    return strides
  }

  /// The same elements in another shape of as many.
  ///
  /// - Throws: `inconsistentTensor` when the shape has more or fewer.
  public func reshaped(_ shape: [Int]) throws(CheckpointError) -> Tensor {
    try Tensor(scalarType, shape: shape, storage: storage, kind: kind, requiresGrad: requiresGrad)
  }
}
