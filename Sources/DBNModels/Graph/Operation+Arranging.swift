import DBNTensors

/// Shapes of operations that move elements and compute nothing.
extension Operation {
  /// Those that take parts of tensors, or put them together.
  func cut(_ shapes: OperandShapes) throws(CheckpointError) -> Sized {
    let input = try shapes.required(0)
    switch self {
    case .concatenate(let dimension):
      return try Self.joined(shapes.all(), along: dimension)
    case .chunk(let count, let dimension):
      let place = try input.dimension(dimension)
      let parts = try Self.chunks(of: input[place], count: count)
      return (
        .split(sizes: parts, dimension: place), parts.map { input.replacing(place, with: $0) }
      )
    case .split(let sizes, let dimension):
      let place = try input.dimension(dimension)
      guard sizes.allSatisfy({ 0...input[place] ~= $0 }), sizes.reduce(0, &+) == input[place] else {
        throw .shape("\(input) cannot be split into \(sizes) along dimension \(dimension)")
      }
      return (
        .split(sizes: sizes, dimension: place), sizes.map { input.replacing(place, with: $0) }
      )
    case .slice(let dimension, let start, let end, let step):
      let slice = try Slice(of: input, dimension, start, end, step, shapes)
      return (slice.operation, [slice.shape])
    case .sliceScatter(let dimension, let start, let end, let step):
      let slice = try Slice(of: input, dimension, start, end, step, shapes)
      try Self.check(shapes, replaces: slice.shape)
      return (slice.scatter, [input])
    case .select(let dimension, let index):
      let (place, index) = try Self.selected(input, dimension, index)
      return (.select(dimension: place, index: index), [input.removing(place)])
    case .selectScatter(let dimension, let index):
      let (place, index) = try Self.selected(input, dimension, index)
      try Self.check(shapes, replaces: input.removing(place))
      return (.selectScatter(dimension: place, index: index), [input])
    case .pad(let before, let after, let value):
      let (before, after) = (try shapes.numbers(before), try shapes.numbers(after))
      let shape = try Self.padded(input, before, after)
      return (
        .pad(before: before.map { .fixed($0) }, after: after.map { .fixed($0) }, value: value),
        [shape]
      )
    default: return (self, [input])
    }
  }

  private static func joined(
    _ operands: [[Int]], along dimension: Int
  ) throws(CheckpointError) -> Sized {
    let shapes = operands.filter { $0 != [0] }
    guard let first = shapes.first else { return (.concatenate(dimension: 0), [[0]]) }
    let place = try first.dimension(dimension)
    guard
      shapes.allSatisfy({
        $0.count == first.count && $0.replacing(place, with: first[place]) == first
      })
    else { throw .shape("\(shapes) do not join along dimension \(dimension)") }
    guard let size = shapes.map({ $0[place] }).sum else { throw .shape("\(shapes) are too large") }
    return (.concatenate(dimension: place), [first.replacing(place, with: size)])
  }

  /// Sizes of nearly equal parts, as `torch.chunk`, of which there may be fewer.
  private static func chunks(of size: Int, count: Int) throws(CheckpointError) -> [Int] {
    guard 1...limit ~= count else { throw .shape("\(count) is no number of parts") }
    if size == 0 { return Array(repeating: 0, count: count) }
    let part = (size - 1) / count + 1
    return stride(from: 0, to: size, by: part).map { min(part, size - $0) }
  }

  /// The most parts that a tensor is cut into.
  private static let limit = 1 << 16

  private static func selected(
    _ shape: [Int], _ dimension: Int, _ index: Int
  ) throws(CheckpointError) -> (dimension: Int, index: Int) {
    let place = try shape.dimension(dimension)
    let result = index < 0 ? index &+ shape[place] : index
    guard 0..<shape[place] ~= result else {
      throw .shape("\(shape) has no index \(index) along dimension \(dimension)")
    }
    return (place, result)
  }

  private static func check(
    _ shapes: OperandShapes, replaces shape: [Int]
  ) throws(CheckpointError) {
    let source = try shapes.required(1)
    guard source == shape else { throw .shape("\(source) cannot take the place of \(shape)") }
  }

  private static func padded(
    _ input: [Int], _ before: [Int], _ after: [Int]
  ) throws(CheckpointError) -> [Int] {
    guard before.count == after.count, before.count <= input.count,
      (before + after).allSatisfy({ 0...Graph.elementLimit ~= $0 })
    else { throw .shape("\(input) cannot be padded by \(before) and \(after)") }
    let untouched = input.count - before.count
    return input.indices.map { index in
      index < untouched
        ? input[index] : before[index - untouched] + input[index] + after[index - untouched]
    }
  }
}

/// A part of a tensor along one dimension, bounds cut to what is there.
private struct Slice {
  let dimension: Int
  let start: Int
  let end: Int
  let step: Int
  let shape: [Int]

  init(
    of input: [Int], _ dimension: Int, _ start: Size, _ end: Size, _ step: Int,
    _ shapes: OperandShapes
  ) throws(CheckpointError) {
    guard step > 0 else { throw .shape("a slice cannot have the step \(step)") }
    self.dimension = try input.dimension(dimension)
    let size = input[self.dimension]
    func bound(_ value: Size) throws(CheckpointError) -> Int {
      let number = try shapes.fixed(value)
      return min(max(number < 0 ? number + size : number, 0), size)
    }
    self.start = try bound(start)
    self.end = max(try bound(end), self.start)
    self.step = step
    let count = self.end == self.start ? 0 : (self.end - self.start - 1) / step + 1
    shape = input.replacing(self.dimension, with: count)
  }

  var operation: Operation {
    .slice(dimension: dimension, start: .fixed(start), end: .fixed(end), step: step)
  }

  var scatter: Operation {
    .sliceScatter(dimension: dimension, start: .fixed(start), end: .fixed(end), step: step)
  }
}

/// Shapes of operations that keep all elements.
extension Operation {
  func rearranged(_ shapes: OperandShapes) throws(CheckpointError) -> Sized {
    let input = try shapes.required(0)
    switch self {
    case .flatten(let start, let end): return try Self.flattened(input, start, end)
    case .reshape(let sizes):
      let shape = try Self.reshaped(input, sizes, shapes)
      return (.reshape(shape.map { .fixed($0) }), [shape])
    case .expand(let sizes):
      let shape = try Self.expanded(input, sizes, shapes)
      return (.expand(shape.map { .fixed($0) }), [shape])
    case .permute(let dimensions):
      let order = try input.dimensions(dimensions)
      guard dimensions.count == input.count else {
        throw .shape("\(input) cannot be permuted to \(dimensions)")
      }
      return (.permute(order), [order.map { input[$0] }])
    case .unsqueeze(let dimension):
      let place = try (input + [1]).dimension(dimension)
      return (.unsqueeze(dimension: place), [Array(input[..<place] + [1] + input[place...])])
    case .squeeze(let dimensions):
      let places = try (dimensions.isEmpty ? [] : input.dimensions(dimensions))
        .filter { input[$0] == 1 }
      return (
        .squeeze(dimensions: places),
        [input.indices.filter { !places.contains($0) }.map { input[$0] }]
      )
    default: return (self, [input])
    }
  }

  private static func flattened(
    _ input: [Int], _ start: Int, _ end: Int
  ) throws(CheckpointError) -> Sized {
    guard !input.isEmpty else { return (.reshape([1]), [[1]]) }
    let (first, last) = (try input.dimension(start), try input.dimension(end))
    guard first <= last, let middle = [Int](input[first...last]).product else {
      throw .shape("\(input) has no dimensions \(start) to \(end)")
    }
    let shape = Array(input[..<first] + [middle] + input[(last + 1)...])
    return (.flatten(start: first, end: last), [shape])
  }

  private static func reshaped(
    _ input: [Int], _ sizes: [Size], _ shapes: OperandShapes
  ) throws(CheckpointError) -> [Int] {
    let numbers = try sizes.map { size throws(CheckpointError) in try shapes.number(size) }
      .map { $0 == -1 ? nil : $0 }
    let known = numbers.compactMap(\.self)
    guard let count = input.product, let product = known.product,
      known.allSatisfy({ $0 >= 0 }), numbers.count - known.count <= 1
    else { throw .shape("\(input) cannot get the shape \(numbers.sizeText)") }
    if numbers.count == known.count {
      guard product == count else { throw .shape("\(input) cannot get the shape \(known)") }
      return known
    }
    guard product > 0, count % product == 0 else {
      throw .shape("\(input) cannot get the shape \(numbers.sizeText)")
    }
    return numbers.map { $0 ?? count / product }
  }

  private static func expanded(
    _ input: [Int], _ sizes: [Size], _ shapes: OperandShapes
  ) throws(CheckpointError) -> [Int] {
    let numbers = try sizes.map { size throws(CheckpointError) in try shapes.number(size) }
      .map { $0 == -1 ? nil : $0 }
    let new = numbers.count - input.count
    guard new >= 0 else { throw .shape("\(input) cannot be expanded to \(numbers.sizeText)") }
    return try numbers.indices.map { index throws(CheckpointError) in
      let own = index < new ? nil : input[index - new]
      guard let size = numbers[index] ?? own, size >= 0, own == nil || own == 1 || own == size
      else { throw .shape("\(input) cannot be expanded to \(numbers.sizeText)") }
      return size
    }
  }
}

extension [Int] {
  fileprivate func removing(_ dimension: Int) -> [Int] {
    indices.filter { $0 != dimension }.map { self[$0] }
  }

  fileprivate var sum: Int? {
    var result = 0
    for size in self {
      let (sum, overflow) = result.addingReportingOverflow(size)
      if overflow { return nil }
      result = sum
    }
    return result
  }
}

extension [Int?] {
  /// As PyTorch writes a shape: -1 for what is inferred.
  fileprivate var sizeText: String { "\(map { $0 ?? -1 })" }
}
