import DBNTensors

extension Operation {
  /// All operations that a graph can have. To add one, define it in a file and list it here.
  package static let all: [any GraphOperation.Type] = [
    Accumulate.self,
    Activation.self,
    AdaptiveAveragePool.self,
    AdaptiveMaxPool.self,
    AdaptiveMaxPoolIndices.self,
    Add.self,
    AddScalar.self,
    AffineGrid.self,
    Attention.self,
    AveragePool.self,
    BatchNormAttributes.self,
    BinaryFunction.self,
    ChannelShuffle.self,
    Choose.self,
    Chunk.self,
    ColumnsToImage.self,
    Compare.self,
    CompareScalar.self,
    Concatenate.self,
    Convert.self,
    Convolution.self,
    Diagonal.self,
    Divide.self,
    DivideScalar.self,
    Einsum.self,
    Expand.self,
    Fill.self,
    Flatten.self,
    Flip.self,
    Full.self,
    FunctionalBatchNorm.self,
    Gather.self,
    GridSample.self,
    GroupNorm.self,
    Identity.self,
    ImageToColumns.self,
    Index.self,
    IndexPut.self,
    IndexSelect.self,
    Interpolation.self,
    LayerNorm.self,
    Linear.self,
    LinearSpace.self,
    LogSoftmax.self,
    MatrixMultiply.self,
    Maximum.self,
    MaxPool.self,
    MaxPoolIndices.self,
    MaxUnpool.self,
    Mean.self,
    Minimum.self,
    Multiply.self,
    MultiplyScalar.self,
    NumberRange.self,
    OrderStatisticOperation.self,
    Pad.self,
    PadByCopies.self,
    ParametricReLU.self,
    Permute.self,
    PixelShuffle.self,
    PixelUnshuffle.self,
    Quantile.self,
    Recurrence.self,
    Reduce.self,
    Repeat.self,
    Reshape.self,
    RMSNorm.self,
    Roll.self,
    RunningExtreme.self,
    Scatter.self,
    Select.self,
    SelectScatter.self,
    Slice.self,
    SliceScatter.self,
    Softmax.self,
    Sort.self,
    Split.self,
    Squeeze.self,
    Sum.self,
    TransposedConvolution.self,
    Triangle.self,
    TriangleIndices.self,
    UnaryFunction.self,
    Unfold.self,
    Unsqueeze.self,
    WeightNorm.self,
  ]

  /// The operations by their names in the JSON of graphs.
  private static let byName: [String: any GraphOperation.Type] = all.reduce(into: [:]) {
    types, type in for name in type.names { types[name] = type }
  }

  /// Reads the operation of a node in a graph's JSON.
  init(_ reader: GraphReader) throws(CheckpointError) {
    let name = try reader.text("operation")
    guard let type = Self.byName[name] else {
      throw CheckpointError(
        .unsupportedOperation, "the operation '\(name.visible())' is not supported",
        advice: "read the file with a newer release of dbn-convert")
    }
    self.init(try type.init(reader))
  }

  /// The members of a node's JSON for the operation.
  var members: [JSON.Member] {
    [JSON.Member("operation", .string(name))] + definition.attributes
  }
}

extension GraphImporter {
  /// The handlers that read calls, by ATen's names.
  static let handlers: [String: Handler] = Operation.all.reduce(into: [:]) {
    $0.merge($1.handlers) { first, _ in first }
  }
}
