package import DBNTensors

extension Operation {
  /// Operands: a tensor, indices, and a source with at least the shape of the indices. The reverse
  /// of `gather`: each element of the source goes to the place of its index.
  ///
  /// - Parameter includesTarget: whether the tensor's own elements count where several numbers meet.
  public static func scatter(
    dimension: Int, _ meeting: ScatterMeeting, includesTarget: Bool = true
  ) -> Operation {
    Operation(Scatter(dimension: dimension, meeting: meeting, includesTarget: includesTarget))
  }

  /// What becomes of several numbers that go to one place.
  public enum ScatterMeeting: String, Sendable, Hashable, CaseIterable {
    /// The last one.
    case last
    case sum, product, mean, largest, smallest
  }

  /// `torch.scatter`, `torch.scatter_add` and `torch.scatter_reduce`.
  package struct Scatter: GraphOperation {
    let dimension: Int
    let meeting: ScatterMeeting
    let includesTarget: Bool

    package static var names: [String] { ["scatter"] }

    init(dimension: Int, meeting: ScatterMeeting, includesTarget: Bool) {
      self.dimension = dimension
      self.meeting = meeting
      self.includesTarget = includesTarget
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      guard let meeting = ScatterMeeting(rawValue: try reader.text("meeting")) else {
        throw reader.invalid("meeting")
      }
      self.init(
        dimension: try reader.int("dimension"), meeting: meeting,
        includesTarget: try reader.bool("includes_target"))
    }

    package var attributes: [JSON.Member] {
      [
        .init("dimension", .int(dimension)), .init("meeting", .string(meeting.rawValue)),
        .init("includes_target", .bool(includesTarget)),
      ]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let (input, index) = (try operands.required(0), try operands.required(1))
      let source = try operands.required(2)
      let axis = try input.dimension(dimension)
      guard index.fits(into: input, except: axis), index.count == source.count,
        zip(index, source).allSatisfy({ $0 <= $1 })
      else {
        throw .shape(
          "indices \(index) and a source \(source) do not fit \(input) along dimension \(dimension)"
        )
      }
      return (
        .scatter(dimension: axis, meeting, includesTarget: includesTarget), [input]
      )
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let (input, index) = (try operands.required(0), try operands.required(1))
      let source = try operands.required(2)
      let indices = try Indices(index, size: input.shape[dimension])
      let numbers = source.part(index.shape, source.shape.strides, from: 0)
      return [scattered(numbers.values, indices.values, index.shape, into: input)]
    }
  }
}

extension Operation.Scatter {
  private func scattered(
    _ source: [Double], _ indices: [Int], _ shape: [Int], into input: DenseArray
  ) -> DenseArray {
    let stride = input.shape.strides[dimension]
    var result = input
    // How many numbers each place has had.
    var counts = [Int](repeating: includesTarget ? 1 : 0, count: input.values.count)
    input.forEachIndexed(shape, along: dimension) { element, start in
      let place = start + indices[element] * stride
      let isFirst = counts[place] == 0
      counts[place] += 1
      result.values[place] =
        isFirst ? source[element] : meeting(result.values[place], source[element])
    }
    guard meeting == .mean else { return result }
    for (place, count) in counts.enumerated() where count > 1 {
      result.values[place] /= Double(count)
    }
    return result
  }
}

extension Operation.ScatterMeeting {
  fileprivate func callAsFunction(_ old: Double, _ new: Double) -> Double {
    switch self {
    case .last: new
    case .sum, .mean: old + new
    case .product: old * new
    case .largest: extreme(old, new, isLarger: true)
    case .smallest: extreme(old, new, isLarger: false)
    }
  }
}
