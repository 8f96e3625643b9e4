/// A box-shaped part of a tensor.
package struct TensorSlice: Hashable, Sendable {
  /// The index of its first element.
  package let offsets: [Int]
  package let sizes: [Int]

  package init(offsets: [Int], sizes: [Int]) {
    self.offsets = offsets
    self.sizes = sizes
  }
}

/// A tensor assembled from the slices that several ranks saved.
package struct SlicedTensor {
  package let scalarType: ScalarType
  package let size: [Int]
  package let requiresGrad: Bool
  private let slices: [TensorSlice]
  private let byteCount: Int

  /// The largest number of slices of one tensor, which are compared pairwise. The largest jobs have
  /// some thousand ranks.
  private static let maximumSliceCount = 20_000

  /// - Throws: `tensorSlices` unless the slices cover the tensor without gaps and overlaps.
  package init(
    _ scalarType: ScalarType, size: [Int], slices: [TensorSlice], requiresGrad: Bool = false
  ) throws(CheckpointError) {
    self.scalarType = scalarType
    self.size = size
    self.requiresGrad = requiresGrad
    self.slices = slices
    byteCount = try Tensor.byteCount(of: scalarType, shape: size)
    guard slices.count <= Self.maximumSliceCount else {
      throw CheckpointError(
        .limitExceeded,
        "is in \(slices.count) slices; at most \(Self.maximumSliceCount) can be read",
        advice: "save it from fewer ranks")
    }
    try checkSlices()
  }

  private func checkSlices() throws(CheckpointError) {
    var covered = 0
    let slices = slices.filter { !$0.sizes.contains(0) }
    for (index, slice) in slices.enumerated() {
      guard slice.isInside(size) else {
        throw wrong("the slice at \(slice.offsets) of sizes \(slice.sizes) lies outside the tensor")
      }
      if let other = slices[..<index].first(where: { $0.overlaps(slice) }) {
        throw wrong("the slices at \(other.offsets) and \(slice.offsets) overlap")
      }
      // No overflow: disjoint chunks inside the tensor are together no larger than it.
      covered += slice.sizes.reduce(scalarType.byteCount, *)
    }
    guard covered == byteCount else {
      throw wrong("its slices hold only \(covered) of its \(byteCount) bytes")
    }
  }

  /// The tensor backed by the bytes of its slices.
  package func tensor(
    _ parts: (TensorSlice) throws(CheckpointError) -> Tensor
  ) throws(CheckpointError) -> Tensor {
    var pieces: [(slice: TensorSlice, storage: TensorStorage)] = []
    // Ranks without a part of the tensor may have saved an empty slice or none.
    for slice in slices where !slice.sizes.contains(0) {
      let part = try parts(slice)
      guard part.scalarType == scalarType, part.shape == slice.sizes else {
        throw CheckpointError(
          .tensorSlices,
          "the slice at \(slice.offsets) should be \(scalarType.name) \(slice.sizes), but is "
            + "\(part.scalarType.name) \(part.shape)",
          advice: "the checkpoint is damaged or mixes files of two; get it again")
      }
      pieces.append((slice, part.storage))
    }
    return try Tensor(
      scalarType, shape: size, storage: storage(pieces),
      requiresGrad: requiresGrad)
  }

  private func storage(
    _ pieces: [(slice: TensorSlice, storage: TensorStorage)]
  ) -> TensorStorage {
    if pieces.isEmpty { return TensorStorage(ByteRegion([])) }
    if pieces.count == 1 { return pieces[0].storage }
    return TensorStorage(
      SlicedBytes(shape: size, elementSize: scalarType.byteCount, pieces))
  }

  private func wrong(_ reason: String) -> CheckpointError {
    CheckpointError(
      .tensorSlices, reason, advice: "the checkpoint is damaged; get it again")
  }
}

extension TensorSlice {
  fileprivate func isInside(_ size: [Int]) -> Bool {
    offsets.count == size.count && sizes.count == size.count
      && size.indices.allSatisfy {
        offsets[$0] <= size[$0] && sizes[$0] <= size[$0] - offsets[$0]
      }
  }

  /// Whether two boxes inside one tensor have an element in common.
  fileprivate func overlaps(_ other: Self) -> Bool {
    offsets.indices.allSatisfy {
      offsets[$0] < other.offsets[$0] + other.sizes[$0]
        && other.offsets[$0] < offsets[$0] + sizes[$0]
    }
  }

  /// Copies the slice's elements to their positions in the whole tensor.
  func copy(into size: [Int], _ type: ScalarType) -> ScatteredCopy {
    let elementSize = type.byteCount
    return ScatteredCopy(
      shape: sizes, from: .init(rowMajor: sizes, elementSize: elementSize),
      to: .init(rowMajor: size, from: offsets, elementSize: elementSize), elementSize: elementSize)
  }
}

extension CheckpointError.Code {
  /// Slices of a tensor have gaps, overlap, or are not of its type and shape.
  public static let tensorSlices = Self("tensor-slices")
}
