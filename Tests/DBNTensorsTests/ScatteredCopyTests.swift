import DBNTestSupport
import Testing

@testable import DBNTensors

struct ScatteredCopyTests {
  /// Random views of random arrays, in random pieces, each put into a part of another array with its
  /// dimensions in another order, against a copy element by element.
  @Test func everyElementGoesToItsPlaceWhateverThePieces() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("ScatteredCopyTests: seed \(seed)")
    var generator = SeededGenerator(seed)
    for _ in 0..<1000 {
      let array = ScatteredArray(using: &generator)
      let found = array.scattered(using: &generator)
      #expect(found == array.expected, "seed \(seed): \(array)")
    }
  }

  @Test func layoutsAreInRowMajorOrder() {
    let layout = ScatteredCopy.Layout(rowMajor: [2, 3, 4], from: [1, 0, 2], elementSize: 8)
    #expect(layout.strides == [96, 32, 8] && layout.start == 112)
  }

  /// The strides of an array without elements mean nothing, and may be too large to be counted.
  @Test func permutedTensorsMayBeEmpty() throws {
    let large = 1 << 62
    let storage = TensorStorage(ByteRegion([]))
    let tensor = try Tensor(.float32, shape: [0, large, large], storage: storage)
    #expect(try tensor.permuted([2, 0, 1]).shape == [large, 0, large])
  }
}

/// Elements of one array that belong into another.
private struct ScatteredArray {
  let shape: [Int]
  let source: ScatteredCopy.Layout
  let target: ScatteredCopy.Layout
  let elementSize: Int
  let bytes: [UInt8]
  let targetByteCount: Int

  init(using generator: inout SeededGenerator) {
    let rank = Int.random(in: 0...4, using: &generator)
    elementSize = [1, 2, 4, 8, 16].randomElement(using: &generator) ?? 1
    shape = (0..<rank).map { _ in Int.random(in: 1...5, using: &generator) }
    target = Self.layout(shape, elementSize, using: &generator)
    targetByteCount = Self.end(shape, target, elementSize)
    var source = Self.layout(shape, elementSize, using: &generator)
    // Sometimes elements are meant more than once.
    for dimension in shape.indices where Int.random(in: 0..<4, using: &generator) == 0 {
      source.strides[dimension] = elementSize * Int.random(in: 0...2, using: &generator)
    }
    self.source = source
    let count = Self.end(shape, source, elementSize) + Int.random(in: 0...9, using: &generator)
    bytes = (0..<count).map { _ in .random(in: 1...255, using: &generator) }
  }

  /// The dimensions in any order, of an array that sometimes has more.
  private static func layout(
    _ shape: [Int], _ elementSize: Int, using generator: inout SeededGenerator
  ) -> ScatteredCopy.Layout {
    var strides = [Int](repeating: 0, count: shape.count)
    var stride = elementSize
    for dimension in shape.indices.shuffled(using: &generator) {
      strides[dimension] = stride
      stride *= shape[dimension] + Int.random(in: 0...1, using: &generator)
    }
    return .init(start: elementSize * Int.random(in: 0...3, using: &generator), strides: strides)
  }

  private static func end(
    _ shape: [Int], _ layout: ScatteredCopy.Layout, _ elementSize: Int
  ) -> Int {
    zip(shape, layout.strides).reduce(layout.start + elementSize) { $0 + ($1.0 - 1) * $1.1 }
  }

  var expected: [UInt8] {
    var result = [UInt8](repeating: 0, count: targetByteCount)
    for element in 0..<shape.reduce(1, *) {
      var (rest, from, to) = (element, source.start, target.start)
      for dimension in shape.indices.reversed() {
        from += rest % shape[dimension] * source.strides[dimension]
        to += rest % shape[dimension] * target.strides[dimension]
        rest /= shape[dimension]
      }
      for byte in 0..<elementSize { result[to + byte] = bytes[from + byte] }
    }
    return result
  }

  /// Pieces end anywhere, inside of elements too.
  func scattered(using generator: inout SeededGenerator) -> [UInt8] {
    let copy = ScatteredCopy(shape: shape, from: source, to: target, elementSize: elementSize)
    var result = [UInt8](repeating: 0, count: targetByteCount)
    var offset = 0
    while offset < bytes.count {
      let count = Int.random(in: 1...bytes.count - offset, using: &generator)
      let piece = Array(bytes[offset..<offset + count])
      result.withUnsafeMutableBytes { copy.copy(piece.span.bytes, at: offset, to: $0) }
      offset += count
    }
    return result
  }
}
