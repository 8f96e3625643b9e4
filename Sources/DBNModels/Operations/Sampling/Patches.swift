import DBNTensors

extension Operation {
  /// The places of a window that is moved over an image.
  public struct Patches: Sendable, Hashable {
    /// The height and width of the window.
    public var kernel: [Int]
    /// How far the window moves.
    public var stride: [Int]
    /// How many zeros are added before and after.
    public var padding: [Int]
    /// The distance between the elements under the window.
    public var dilation: [Int]

    /// Makes the places; each array has a number for the height and one for the width.
    public init(kernel: [Int], stride: [Int], padding: [Int], dilation: [Int]) {
      self.kernel = kernel
      self.stride = stride
      self.padding = padding
      self.dilation = dilation
    }
  }
}

extension Operation.Patches {
  init(_ reader: GraphReader) throws(CheckpointError) {
    self.init(
      kernel: try reader.ints("kernel"), stride: try reader.ints("stride"),
      padding: try reader.ints("padding"), dilation: try reader.ints("dilation"))
  }

  var attributes: [JSON.Member] {
    [
      .init("kernel", .ints(kernel)), .init("stride", .ints(stride)),
      .init("padding", .ints(padding)), .init("dilation", .ints(dilation)),
    ]
  }

  init(_ call: inout ProgramCall) throws(CheckpointError) {
    self.init(
      kernel: try call.ints("kernel_size", count: 2), stride: try call.ints("stride", count: 2),
      padding: try call.ints("padding", count: 2), dilation: try call.ints("dilation", count: 2))
  }

  /// The windows on an image of this height and width.
  ///
  /// - Throws: `shapeMismatch`.
  func windows(on image: [Int]) throws(CheckpointError) -> [Window] {
    guard image.count == 2, [kernel, stride, padding, dilation].allSatisfy({ $0.count == 2 }) else {
      throw .shape("an image \(image) has no patches of \(kernel)")
    }
    return image.indices.map { Window(self, axis: $0) }
  }

  /// The number of places of the window along the height and along the width.
  func counts(on image: [Int]) throws(CheckpointError) -> [Int] {
    try zip(windows(on: image), image).map { pair throws(CheckpointError) in
      try pair.0.outputSize(of: pair.1)
    }
  }
}
