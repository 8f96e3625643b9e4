extension Tensor {
  /// The tensor with its dimensions in another order, computed when its bytes are read: dimension
  /// `i` of the result is dimension `axes[i]` of this one.
  ///
  /// - Throws: `inconsistentTensor` unless `axes` names every dimension once.
  public func permuted(_ axes: [Int]) throws(CheckpointError) -> Tensor {
    guard axes.sorted().elementsEqual(shape.indices) else {
      throw CheckpointError(
        .inconsistentTensor, "\(axes) is not a permutation of the axes of the shape \(shape)")
    }
    let permuted = axes.map { shape[$0] }
    guard byteCount > 0 else { return try reshaped(permuted) }
    let elementSize = scalarType.byteCount
    let strides = ScatteredCopy.Layout(rowMajor: shape, elementSize: elementSize).strides
    let view = StridedView(
      shape: permuted, layout: .init(strides: axes.map { strides[$0] }), elementSize: elementSize)
    return try Tensor(
      scalarType, shape: permuted,
      storage: TensorStorage(StridedBytes(view, of: UnpackedBytes(storage))), kind: kind,
      requiresGrad: requiresGrad)
  }

  /// The same elements in another shape with as many elements.
  ///
  /// - Throws: `inconsistentTensor` if the shape has more or fewer.
  public func reshaped(_ shape: [Int]) throws(CheckpointError) -> Tensor {
    try Tensor(scalarType, shape: shape, storage: storage, kind: kind, requiresGrad: requiresGrad)
  }
}
