import DBNTensors

extension Operation {
  /// The windows of a pooling in 1, 2 or 3 spatial dimensions.
  public struct Pooling: Sendable, Hashable {
    /// The size of the window, along each spatial dimension.
    public var kernel: [Int]
    /// How far the window moves.
    public var stride: [Int]
    /// How far the window extends beyond the input's ends; at most half the window.
    public var padding: [Int]
    /// The distance between the elements under the window.
    public var dilation: [Int]
    /// Whether a window may start inside the input and end outside.
    public var usesCeiling: Bool
    /// Whether averages include the padding.
    public var countsPadding: Bool
    /// A fixed divisor for averages, instead of the number of elements in the window.
    public var divisor: Int?

    /// Makes the windows; the arrays have a number for each spatial dimension.
    ///
    /// - Parameter dilation: nil for 1.
    public init(
      kernel: [Int], stride: [Int], padding: [Int], dilation: [Int]? = nil,
      usesCeiling: Bool = false, countsPadding: Bool = true, divisor: Int? = nil
    ) {
      self.kernel = kernel
      self.stride = stride
      self.padding = padding
      self.dilation = dilation ?? kernel.map { _ in 1 }
      self.usesCeiling = usesCeiling
      self.countsPadding = countsPadding
      self.divisor = divisor
    }
  }
}

extension Operation.Pooling {
  init(_ reader: GraphReader) throws(CheckpointError) {
    let hasDivisor = reader.json["divisor"] != .null
    self.init(
      kernel: try reader.ints("kernel"), stride: try reader.ints("stride"),
      padding: try reader.ints("padding"), dilation: try reader.ints("dilation"),
      usesCeiling: try reader.bool("ceil"), countsPadding: try reader.bool("counts_padding"),
      divisor: hasDivisor ? try reader.int("divisor") : nil)
  }

  var attributes: [JSON.Member] {
    [
      .init("kernel", .ints(kernel)), .init("stride", .ints(stride)),
      .init("padding", .ints(padding)), .init("dilation", .ints(dilation)),
      .init("ceil", .bool(usesCeiling)), .init("counts_padding", .bool(countsPadding)),
      .init("divisor", divisor.map { .int($0) } ?? .null),
    ]
  }

  func output(of input: [Int]) throws(CheckpointError) -> [Int] {
    let rank = kernel.count
    guard (1...3).contains(rank), [1, 2].contains(input.count - rank), divisor != 0,
      [stride, padding, dilation].allSatisfy({ $0.count == rank })
    else { throw .shape("an input \(input) cannot be pooled over windows of \(kernel)") }
    var output = [Int](input.dropLast(rank))
    for axis in 0..<rank {
      let window = Window(self, axis: axis)
      output.append(try window.outputSize(of: input[input.count - rank + axis]))
      guard window.padding <= window.reach / 2 else {
        throw .shape(
          "a window of \(window.reach) is padded by \(window.padding), more than its half")
      }
    }
    return output
  }

  /// Reads the windows from a call of ATen, without the arguments that only one kind of pooling
  /// has.
  init(_ call: inout ProgramCall, rank: Int) throws(CheckpointError) {
    let kernel = try call.ints("kernel_size", count: rank)
    let stride = try call.ints("stride")
    self.init(
      kernel: kernel,
      stride: stride.map { $0.count == 1 ? Array(repeating: $0[0], count: rank) : $0 } ?? kernel,
      padding: try call.ints("padding", count: rank, default: 0),
      usesCeiling: try call.bool("ceil_mode", default: false))
  }
}
