import Tensors
import TestSupport
import Testing

struct ScatteredCopyTests {
  /// Random arrays in random pieces, each put into a larger array with its dimensions in another
  /// order, against a copy element by element.
  @Test func everyElementGoesToItsPlaceWhateverThePieces() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed)
    for _ in 0..<300 {
      let array = ScatteredArray(using: &generator)
      let found = array.scattered(using: &generator)
      #expect(found == array.expected, "seed \(seed): \(array)")
    }
  }
}

/// An array that belongs into a part of a larger one.
private struct ScatteredArray {
  let shape: [Int]
  let strides: [Int]
  let start: Int
  let elementSize: Int
  let bytes: [UInt8]
  let targetByteCount: Int

  init(using generator: inout SeededGenerator) {
    let rank = Int.random(in: 0...4, using: &generator)
    let elementSize = [1, 2, 4, 16].randomElement(using: &generator) ?? 1
    shape = (0..<rank).map { _ in Int.random(in: 1...5, using: &generator) }
    var strides = [Int](repeating: 0, count: rank)
    var stride = elementSize
    for dimension in (0..<rank).shuffled(using: &generator) {
      strides[dimension] = stride
      // Sometimes the target has more than the array.
      stride *= shape[dimension] + Int.random(in: 0...1, using: &generator)
    }
    self.strides = strides
    self.elementSize = elementSize
    start = elementSize * Int.random(in: 0...3, using: &generator)
    targetByteCount = start + stride
    bytes = (0..<shape.reduce(elementSize, *)).map { _ in .random(in: 1...255, using: &generator) }
  }

  var expected: [UInt8] {
    var target = [UInt8](repeating: 0, count: targetByteCount)
    for element in 0..<bytes.count / elementSize {
      var (rest, place) = (element, start)
      for dimension in shape.indices.reversed() {
        place += rest % shape[dimension] * strides[dimension]
        rest /= shape[dimension]
      }
      for byte in 0..<elementSize { target[place + byte] = bytes[element * elementSize + byte] }
    }
    return target
  }

  /// Pieces end anywhere, inside of elements too.
  func scattered(using generator: inout SeededGenerator) -> [UInt8] {
    let copy = ScatteredCopy(shape: shape, strides: strides, start: start, elementSize: elementSize)
    var target = [UInt8](repeating: 0, count: targetByteCount)
    var offset = 0
    while offset < bytes.count {
      let count = Int.random(in: 1...bytes.count - offset, using: &generator)
      let piece = Array(bytes[offset..<offset + count])
      target.withUnsafeMutableBytes { copy.copy(piece.span.bytes, at: offset, to: $0) }
      offset += count
    }
    return target
  }
}
