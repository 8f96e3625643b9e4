package import DBNTensors

extension Operation {
  /// An operation whose sizes are numbers, and the shapes of what it makes.
  package typealias Sized = (operation: Operation, outputs: [[Int]])

  /// The operation for operands of these shapes, sizes resolved and dimensions counted from the
  /// front, with the shapes of its outputs.
  ///
  /// - Parameters:
  ///   - operands: nil for one that is left out.
  ///   - valueShapes: of the values that sizes refer to.
  /// - Throws: `shapeMismatch` where the operation has no meaning for them; `missingOperand`.
  package func sized(
    for operands: [[Int]?], valueShapes: [String: [Int]] = [:]
  ) throws(CheckpointError) -> Sized {
    let shapes = OperandShapes(operands, valueShapes: valueShapes)
    if let made = try made(shapes) { return made }
    let input = try shapes.required(0)
    switch self {
    case .batchNorm:
      guard input.count >= 2 else { throw .shape("an input \(input) has no channels") }
      return (self, [input])
    case .activation, .addScalar, .multiplyScalar, .divideScalar, .compareScalar, .fill, .full,
      .range, .identity:
      return (self, [input])
    case .add, .multiply, .divide, .maximum, .minimum, .compare:
      return (self, [try input.broadcast(with: shapes.required(1))])
    case .choose:
      let (first, second) = (try shapes.required(1), try shapes.required(2))
      return (self, [try input.broadcast(with: first.broadcast(with: second))])
    case .convolution(let attributes):
      return (self, [try attributes.output(of: input, try shapes.required(1), shapes[2])])
    case .linear, .matrixMultiply: return (self, [try product(of: shapes)])
    case .maxPool(let pooling), .averagePool(let pooling):
      return (self, [try pooling.output(of: input)])
    case .adaptiveAveragePool(let sizes):
      guard [1, 2].contains(input.count - sizes.count), sizes.allSatisfy({ $0 >= 0 }) else {
        throw .shape("an input \(input) cannot be averaged to \(sizes)")
      }
      return (self, [input.dropLast(sizes.count) + sizes])
    case .mean, .sum, .softmax, .logSoftmax, .layerNorm: return try reduced(shapes)
    case .concatenate, .chunk, .split, .slice, .select, .sliceScatter, .selectScatter, .pad:
      return try cut(shapes)
    case .flatten, .reshape, .expand, .permute, .unsqueeze, .squeeze:
      return try rearranged(shapes)
    }
  }

  /// Operations without operands; nil for every other.
  private func made(_ shapes: OperandShapes) throws(CheckpointError) -> Sized? {
    switch self {
    case .full(let sizes, let value):
      let shape = try shapes.numbers(sizes)
      guard shape.allSatisfy({ $0 >= 0 }) else { throw .shape("\(shape) is no shape") }
      return (.full(shape.map { .fixed($0) }, value), [shape])
    case .range(let start, let end, let step):
      let (first, last) = (try shapes.fixed(start), try shapes.fixed(end))
      guard step > 0, let distance = Size.Arithmetic.difference(last, first), distance >= 0 else {
        throw .shape("there is no range from \(first) to \(last) by \(step)")
      }
      return (
        .range(start: .fixed(first), end: .fixed(last), step: step),
        [[distance == 0 ? 0 : (distance - 1) / step + 1]]
      )
    default: return nil
    }
  }

  private func product(of shapes: OperandShapes) throws(CheckpointError) -> [Int] {
    let (left, right) = (try shapes.required(0), try shapes.required(1))
    if case .linear = self {
      guard let size = left.last, right.count == 2, right[1] == size,
        shapes[2].map({ $0 == [right[0]] }) ?? true
      else {
        throw .shape(
          "an input \(left) cannot be multiplied with a weight \(right)"
            + (shapes[2].map { " and a bias \($0)" } ?? ""))
      }
      return left.dropLast() + [right[0]]
    }
    guard left.count >= 2, right.count >= 2, left[left.count - 1] == right[right.count - 2] else {
      throw .shape("\(left) cannot be multiplied with \(right)")
    }
    let batch = try [Int](left.dropLast(2)).broadcast(with: [Int](right.dropLast(2)))
    return batch + [left[left.count - 2], right[right.count - 1]]
  }

  private func reduced(_ shapes: OperandShapes) throws(CheckpointError) -> Sized {
    let input = try shapes.required(0)
    switch self {
    case .mean(let dimensions, let keeps):
      let over = try input.dimensions(dimensions)
      return (
        .mean(dimensions: over, keepsDimensions: keeps), [input.reduced(over, keeps: keeps)]
      )
    case .sum(let dimensions, let keeps):
      let over = try input.dimensions(dimensions)
      return (.sum(dimensions: over, keepsDimensions: keeps), [input.reduced(over, keeps: keeps)])
    case .layerNorm(let shape, _):
      guard !shape.isEmpty, input.suffix(shape.count) == shape[...],
        [shapes[1], shapes[2]].allSatisfy({ $0 == nil || $0 == shape })
      else { throw .shape("an input \(input) cannot be normalised over \(shape)") }
      return (self, [input])
    case .softmax(let dimension):
      return (.softmax(dimension: input.isEmpty ? 0 : try input.dimension(dimension)), [input])
    case .logSoftmax(let dimension):
      return (.logSoftmax(dimension: input.isEmpty ? 0 : try input.dimension(dimension)), [input])
    default: return (self, [input])
    }
  }
}

extension [Int] {
  /// The shape without the dimensions, or with ones in their places.
  fileprivate func reduced(_ dimensions: [Int], keeps: Bool) -> [Int] {
    indices.compactMap { index in
      guard dimensions.contains(index) else { return self[index] }
      return keeps ? 1 : nil
    }
  }
}

extension Operation.Convolution {
  fileprivate func output(
    of input: [Int], _ weight: [Int], _ bias: [Int]?
  ) throws(CheckpointError) -> [Int] {
    let rank = weight.count - 2
    guard (1...3).contains(rank), input.count == rank + 2, groups > 0,
      [stride, padding, dilation].allSatisfy({ $0.count == rank }),
      weight[1] > 0, input[1] % groups == 0, input[1] / groups == weight[1],
      weight[0] > 0, weight[0] % groups == 0, bias.map({ $0 == [weight[0]] }) ?? true
    else {
      throw .shape(
        "an input \(input) cannot be convolved with a weight \(weight)"
          + (groups == 1 ? "" : " in \(groups) groups")
          + (bias.map { " and a bias \($0)" } ?? ""))
    }
    var output = [input[0], weight[0]]
    for axis in 0..<rank {
      let window = Window(self, kernel: weight[2 + axis], axis: axis)
      output.append(try window.outputSize(of: input[2 + axis]))
    }
    return output
  }
}

extension Operation.Pooling {
  fileprivate func output(of input: [Int]) throws(CheckpointError) -> [Int] {
    let rank = kernel.count
    guard (1...3).contains(rank), [1, 2].contains(input.count - rank), divisor != 0,
      [stride, padding, dilation].allSatisfy({ $0.count == rank })
    else { throw .shape("an input \(input) cannot be pooled over windows of \(kernel)") }
    var output = [Int](input.dropLast(rank))
    for axis in 0..<rank {
      let window = Window(self, axis: axis)
      output.append(try window.outputSize(of: input[input.count - rank + axis]))
      guard window.padding <= window.reach / 2 else {
        throw .shape("a window of \(window.reach) is padded by \(window.padding), over its half")
      }
    }
    return output
  }
}
