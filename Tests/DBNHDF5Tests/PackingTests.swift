import DBNTensors
import DBNTestSupport
import Testing

@testable import DBNHDF5

/// Filters that pack bytes or bits: what can't come from them is an error, never a trap.
struct PackingTests {
  private func decompressLZF(_ source: [UInt8], count: Int) throws -> [UInt8] {
    var target = [UInt8](repeating: 0xEE, count: count)
    let written = try source.withUnsafeBytes { source in
      try target.withUnsafeMutableBytes { try LZF.decompress(source, into: $0) }
    }
    return Array(target[..<written])
  }

  @Test func lzfRepeatsWhatItHasJustWritten() throws {
    // A literal of two bytes, then eight more that start two back.
    #expect(try decompressLZF([1, 7, 9, 0xC0, 1], count: 10) == [7, 9, 7, 9, 7, 9, 7, 9, 7, 9])
    #expect(try decompressLZF([0, 5, 0xE0, 2, 0], count: 100) == Array(repeating: 5, count: 12))
  }

  @Test(arguments: [
    [5], [0], [0x20], [0xE0], [0xE0, 1], [0x20, 0], [0, 1, 0x20, 1], [0xFF, 255, 255],
  ])
  func lzfThatEndsEarlyOrLeadsBeforeItsStartIsRefused(source: [UInt8]) {
    let error = #expect(throws: CheckpointError.self) { try decompressLZF(source, count: 50) }
    #expect(error?.code == .invalidChunk)
    #expect(throws: CheckpointError.self) { try decompressLZF([2, 1, 2, 3], count: 2) }
  }

  @Test func bitsAreReadFromTheTop() {
    let bytes: [UInt8] = [0b1010_0110, 0b1111_0000, 0xFF]
    bytes.withUnsafeBytes { bytes in
      var reader = BitReader(bytes)
      #expect(reader.has(24, of: 1) && !reader.has(25, of: 1) && !reader.has(.max, of: 3))
      #expect((reader.read(3), reader.read(0), reader.read(7)) == (0b101, 0, 0b0011011))
      #expect(reader.read(14) == 0b11_0000_1111_1111)
      #expect(!reader.has(1, of: 1))
    }
  }

  @Test func randomBytesInPackedChunksEndInAnErrorOrNumbers() {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed)
    for _ in 0..<20_000 {
      let size = [1, 2, 4, 8].randomElement(using: &generator) ?? 4
      let count = Int.random(in: 0...9, using: &generator)
      let bytes = (0..<Int.random(in: 0...90, using: &generator)).map { index in
        index < 4
          ? UInt8.random(in: 0...70, using: &generator) * (index == 0 ? 1 : 0)
          : UInt8.random(in: .min ... .max, using: &generator)
      }
      let numbers = [2, UInt32(count)]
      let wild = (0..<12).map { _ in UInt32.random(in: 0...80, using: &generator) }
      let integers = ScaleOffset([
        numbers[0], 0, numbers[1], 0, UInt32(size), 1, wild[0] % 2, wild[1] % 2, 7, 7,
      ])
      let floats = ScaleOffset([
        0, wild[2], numbers[1], 1, UInt32(size), 1, wild[0] % 2, wild[1] % 2, 7, 7,
      ])
      let bits = NBit([8, 0, numbers[1], 1, UInt32(size), wild[3] % 2, wild[4], wild[5]])
      var target = [UInt8](repeating: 0, count: count * size)
      bytes.withUnsafeBytes { source in
        target.withUnsafeMutableBytes { target in
          _ = try? integers?.undo(source, into: target)
          _ = try? floats?.undo(source, into: target)
          _ = try? bits?.undo(source, into: target)
          _ = try? LZF.decompress(source, into: target)
        }
      }
      _ = (NBit(wild), ScaleOffset(wild))
    }
  }
}
