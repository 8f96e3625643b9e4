import DBNModels
import DBNTensors
import Testing

/// What layers are not defined for is an error of shapes, before anything runs.
struct LayerShapeTests {
  struct Mismatch: Sendable, CustomStringConvertible {
    let description: String
    let operation: DBNModels.Operation
    let operands: [[Int]?]

    init(_ description: String, _ operation: DBNModels.Operation, _ operands: [Int]?...) {
      self.description = description
      self.operation = operation
      self.operands = operands
    }
  }

  private static func transposed(
    stride: Int = 2, padding: Int = 0, dilation: Int = 1, groups: Int = 1, more: Int = 0
  ) -> DBNModels.Operation {
    .transposedConvolution(
      .init(stride: [stride], padding: [padding], dilation: [dilation], groups: groups),
      outputPadding: [more])
  }

  private static func patches(_ kernel: [Int]) -> DBNModels.Operation.Patches {
    .init(kernel: kernel, stride: [1, 1], padding: [0, 0], dilation: [1, 1])
  }

  private static func lstm(layers: Int = 1, projections: Bool = false) -> DBNModels.Operation {
    .recurrence(.init(.lstm, layers: layers, hasBiases: false, hasProjections: projections))
  }

  static let mismatches: [Mismatch] = [
    .init("no sizes", .interpolate(.init(.nearest)), [1, 1, 4]),
    .init("sizes of another rank", .interpolate(.init(.linear, sizes: [2])), [1, 1, 4, 4]),
    .init("an empty image", .interpolate(.init(.linear, sizes: [2])), [1, 1, 0]),
    .init("a size of nothing", .interpolate(.init(.linear, sizes: [0])), [1, 1, 4]),
    .init("a scale of nothing", .interpolate(.init(.linear, scales: [0])), [1, 1, 4]),
    .init("a negative scale", .interpolate(.init(.linear, scales: [-1])), [1, 1, 4]),
    .init("an infinite scale", .interpolate(.init(.linear, scales: [.infinity])), [1, 1, 4]),
    .init("no scale", .interpolate(.init(.linear, scales: [.nan])), [1, 1, 4]),
    .init("a tiny scale", .interpolate(.init(.linear, sizes: [1], scales: [1e-300])), [1, 1, 4]),
    .init(
      "sizes that contradict scales", .interpolate(.init(.cubic, sizes: [9], scales: [0.001])),
      [1, 1, 4]),
    .init(
      "more than memory holds", .interpolate(.init(.cubic, sizes: [.fixed(1 << 30)])), [1, 1, 4]),
    .init("channels of the filters", transposed(), [1, 3, 4], [2, 4, 3]),
    .init("channels in groups", transposed(groups: 2), [1, 3, 4], [3, 4, 3]),
    .init("the bias", transposed(groups: 2), [1, 4, 4], [4, 4, 3], [4]),
    .init("more padding than output", transposed(padding: 9), [1, 2, 4], [2, 4, 3]),
    .init("output padding above the stride", transposed(more: 2), [1, 2, 4], [2, 4, 3]),
    .init("negative output padding", transposed(more: -1), [1, 2, 4], [2, 4, 3]),
    .init("a stride without end", transposed(stride: .max), [1, 2, 4], [2, 4, 3]),
    .init("groups of channels", .groupNorm(groups: 3, eps: 0), [1, 4, 2]),
    .init("no groups", .groupNorm(groups: 0, eps: 0), [1, 4, 2]),
    .init("a weight for each group", .groupNorm(groups: 2, eps: 0), [1, 4, 2], [2]),
    .init("an RMSNorm's shape", .rmsNorm(shape: [3], eps: 0), [3, 2]),
    .init("lengths of a weight", .weightNorm(dimension: 0), [4, 2], [2, 1]),
    .init("a dimension of a weight", .weightNorm(dimension: 2), [4, 2], [4, 1]),
    .init("sizes of queries and keys", .attention(.init()), [2, 4], [3, 5], [3, 5]),
    .init("numbers of keys and values", .attention(.init()), [2, 4], [3, 4], [2, 4]),
    .init("an attention's batch", .attention(.init()), [2, 2, 4], [3, 3, 4], [3, 3, 4]),
    .init("a mask of other keys", .attention(.init()), [2, 4], [3, 4], [3, 4], [2, 2]),
    .init("a mask of more samples", .attention(.init()), [2, 4], [3, 4], [3, 4], [5, 2, 3]),
    .init(
      "heads that are not shared evenly", .attention(.init(sharesHeads: true)), [3, 2, 4],
      [2, 3, 4], [2, 3, 4]),
    .init(
      "vectors without heads", .attention(.init(sharesHeads: true)), [2, 4], [3, 4], [3, 4]),
    .init("a reflection of itself", .pad(before: [3], after: [0], by: .reflect), [3]),
    .init("a circle twice", .pad(before: [0], after: [4], by: .circular), [3]),
    .init("copies of nothing", .pad(before: [1], after: [0], by: .replicate), [0]),
    .init("circles of what is removed", .pad(before: [-2], after: [2], by: .circular), [3]),
    .init(
      "more dimensions than there are", .pad(before: [1, 1], after: [0, 0], by: .reflect), [3]),
    .init("a pool of nothing", .adaptiveMaxPool([2]), [1, 2, 0]),
    .init("indices of other windows", .maxUnpool([4]), [1, 2, 3], [1, 2, 2]),
    .init("the rank of what is unpooled", .maxUnpool([4, 4]), [3], [3]),
    .init("a negative size", .maxUnpool([-1]), [1, 2, 3], [1, 2, 3]),
    .init("patches of a line", .im2col(patches([2, 2])), [1, 4]),
    .init("patches larger than the image", .im2col(patches([5, 5])), [1, 1, 4, 4]),
    .init("a patch of one dimension", .im2col(patches([2])), [1, 1, 4, 4]),
    .init("columns of another image", .col2im(patches([2, 2]), sizes: [3, 3]), [1, 4, 5]),
    .init("columns of other patches", .col2im(patches([2, 2]), sizes: [3, 3]), [1, 5, 4]),
    .init("slices larger than the dimension", .unfold(dimension: 1, size: 4, step: 1), [4, 3]),
    .init("slices in no steps", .unfold(dimension: 1, size: 2, step: 0), [4, 3]),
    .init("shuffled groups", .channelShuffle(groups: 3), [1, 4, 2]),
    .init("no shuffled groups", .channelShuffle(groups: 0), [1, 4, 2]),
    .init("channels of shuffled pixels", .pixelShuffle(factor: 2), [1, 6, 2, 2]),
    .init("a factor without end", .pixelShuffle(factor: .max), [1, 4, 2, 2]),
    .init("odd pixels", .pixelUnshuffle(factor: 2), [1, 1, 3, 2]),
    .init(
      "positions of another rank",
      .gridSample(.init(mode: .linear, padding: .zeros, alignsCorners: true)), [1, 1, 3, 3],
      [1, 2, 2, 3]),
    .init(
      "cubic interpolation of a volume",
      .gridSample(.init(mode: .cubic, padding: .zeros, alignsCorners: true)), [1, 1, 3, 3, 3],
      [1, 2, 2, 2, 3]),
    .init(
      "matrices of another rank", .affineGrid([1, 1, 3, 3], alignsCorners: true), [1, 3, 4]),
    .init("matrices of fewer images", .affineGrid([2, 1, 3, 3], alignsCorners: true), [1, 2, 3]),
    .init("weights of fewer layers", lstm(layers: 2), [3, 2, 4], [2, 2, 5], [2, 2, 5]),
    .init("layers without end", lstm(layers: .max), [3, 2, 4], [2, 2, 5], [2, 2, 5]),
    .init(
      "states of another batch", lstm(), [3, 2, 4], [1, 3, 5], [1, 3, 5], [20, 4], [20, 5]),
    .init("an empty sequence", lstm(), [0, 2, 4], [1, 2, 5], [1, 2, 5], [20, 4], [20, 5]),
    .init("states of another size", lstm(), [3, 2, 4], [1, 2, 5], [1, 2, 6], [20, 4], [20, 5]),
    .init("gates of another cell", lstm(), [3, 2, 4], [1, 2, 5], [1, 2, 5], [15, 4], [15, 5]),
  ]

  @Test(arguments: mismatches)
  func whatALayerIsNotDefinedForIsAnErrorOfShapes(mismatch: Mismatch) {
    let error = #expect(throws: CheckpointError.self) {
      try mismatch.operation.sized(for: mismatch.operands)
    }
    #expect(error?.code == .shapeMismatch)
  }

  @Test(arguments: [
    DBNModels.Operation.slice(dimension: 0, start: 0, end: 2, step: .max),
    .unfold(dimension: 0, size: 2, step: .max),
  ])
  func aStepWithoutEndGivesTheFirst(operation: DBNModels.Operation) throws {
    let input = try DenseArray(shape: [2, 2], values: [1, 2, 3, 4])
    #expect(try operation.outputs(of: [input])[0].values[0] == 1)
  }

  @Test func anIndexOutsideTheOutputIsAnError() throws {
    let operands = [
      try DenseArray(shape: [1, 1, 1, 2], values: [5, 6]),
      try DenseArray(shape: [1, 1, 1, 2], values: [0, 4]),
    ]
    let error = #expect(throws: CheckpointError.self) {
      try DBNModels.Operation.maxUnpool([2, 2]).outputs(of: operands)
    }
    #expect(error?.code == .shapeMismatch)
  }
}
