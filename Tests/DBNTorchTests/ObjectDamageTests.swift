import DBNTensors
import DBNTestSupport
import DBNTorch
import Foundation
import Testing

/// Damaged pickles of objects end in a value or in a `CheckpointError`, never in a crash.
struct ObjectDamageTests {
  /// How many changed files of each fixture are read; more with the variable DBN_FUZZ_ROUNDS.
  static let rounds =
    ProcessInfo.processInfo.environment["DBN_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 200

  @Test(arguments: ObjectTests.fixtures + Fixture.all("torch/opaque"))
  func changedCheckpointsEndInAValueOrAnError(fixture: Fixture) throws {
    var generator = Self.generator()
    let original = try DamageTests.unchecked(fixture.bytes("checkpoint.pth"))
    let pickle = DamageTests.pickleRange(in: original) ?? original.indices
    for _ in 0..<Self.rounds {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        Self.overwrite(&bytes, in: pickle, using: &generator)
      }
      let checkpoint = try? TorchCheckpoint.read(ByteRegion(bytes))
      try? checkpoint?.root.readSmallTensors()
    }
  }

  @Test(arguments: PlainPickleTests.fixtures)
  func changedPicklesEndInAValueOrAnError(fixture: Fixture) throws {
    var generator = Self.generator()
    let original = try fixture.bytes("checkpoint.pkl")
    for _ in 0..<Self.rounds {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        Self.change(&bytes, using: &generator)
      }
      let checkpoint = try? PlainPickleTests.read(bytes)
      try? checkpoint?.root.readSmallTensors()
    }
  }

  private static func generator() -> SeededGenerator {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    return SeededGenerator(seed)
  }

  /// Changes a byte, or copies some bytes over others; the size stays.
  private static func overwrite(
    _ bytes: inout [UInt8], in range: Range<Int>, using generator: inout SeededGenerator
  ) {
    let place = Int.random(in: range, using: &generator)
    guard Bool.random(using: &generator) else {
      bytes[place] = UInt8.random(in: 0...255, using: &generator)
      return
    }
    let source = Int.random(in: range, using: &generator)
    let limit = min(40, range.upperBound - max(place, source))
    let count = Int.random(in: 1...limit, using: &generator)
    bytes.replaceSubrange(place..<place + count, with: Array(bytes[source..<source + count]))
  }

  /// Changes a byte, removes some, or inserts others of the same file.
  private static func change(_ bytes: inout [UInt8], using generator: inout SeededGenerator) {
    guard bytes.count > 50 else { return }
    let place = Int.random(in: 2..<bytes.count - 41, using: &generator)
    let source = Int.random(in: 2..<bytes.count - 41, using: &generator)
    let count = Int.random(in: 1...40, using: &generator)
    switch Int.random(in: 0..<3, using: &generator) {
    case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
    case 1: bytes.removeSubrange(place..<place + count)
    default: bytes.insert(contentsOf: bytes[source..<source + count], at: place)
    }
  }
}
