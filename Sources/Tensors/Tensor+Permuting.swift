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
    let copy = PermutedCopy(shape: shape, axes: axes, elementSize: scalarType.byteCount)
    let source = storage
    return try Tensor(
      scalarType, shape: axes.map { shape[$0] },
      storage: TensorStorage(computing: byteCount) { target throws(CheckpointError) in
        try source.withBytes { bytes throws(CheckpointError) in
          bytes.withUnsafeBytes { copy.run(from: $0, to: target) }
        }
      }, kind: kind, requiresGrad: requiresGrad)
  }

  /// The same elements in another shape of as many.
  ///
  /// - Throws: `inconsistentTensor` when the shape has more or fewer.
  public func reshaped(_ shape: [Int]) throws(CheckpointError) -> Tensor {
    try Tensor(scalarType, shape: shape, storage: storage, kind: kind, requiresGrad: requiresGrad)
  }
}

/// Copies elements into another order of the dimensions.
private struct PermutedCopy: Sendable {
  private let shape: [Int]
  /// The steps in the source, in elements, by dimension of the result.
  private let steps: [Int]
  private let elementSize: Int

  init(shape: [Int], axes: [Int], elementSize: Int) {
    var steps = [Int](repeating: 1, count: shape.count)
    for dimension in shape.indices.dropLast().reversed() {
      steps[dimension] = steps[dimension + 1] * shape[dimension + 1]
    }
    self.shape = axes.map { shape[$0] }
    self.steps = axes.map { steps[$0] }
    self.elementSize = elementSize
  }

  /// Both buffers have exactly the bytes of the shape.
  func run(from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) {
    guard !target.isEmpty else { return }
    switch elementSize {
    case 1: copy(UInt8.self, source, target)
    case 2: copy(UInt16.self, source, target)
    case 4: copy(UInt32.self, source, target)
    case 8: copy(UInt64.self, source, target)
    default: copy(UInt128.self, source, target)
    }
  }

  private func copy<Element: BitwiseCopyable>(
    _ type: Element.Type, _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer
  ) {
    let (count, step) = (shape.last ?? 1, steps.last ?? 0)
    var (index, start) = ([Int](repeating: 0, count: shape.count), 0)
    for row in stride(from: 0, to: target.count / elementSize, by: count) {
      for column in 0..<count {
        let from = (start + column * step) * elementSize
        let element = source.loadUnaligned(fromByteOffset: from, as: type)
        target.storeBytes(of: element, toByteOffset: (row + column) * elementSize, as: type)
      }
      for dimension in shape.indices.dropLast().reversed() {
        index[dimension] += 1
        start += steps[dimension]
        if index[dimension] < shape[dimension] { break }
        start -= steps[dimension] * shape[dimension]
        index[dimension] = 0
      }
    }
  }
}
