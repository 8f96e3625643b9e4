import DBNTensors
import DBNTestSupport
import Testing

@testable import DBNVerification

/// The proof of a rounded number agrees with the processor's own rounding.
struct RoundingTests {
  private func stored(_ number: Double, _ type: ScalarType) throws -> Double {
    try Tensor(rounding: [number], to: type, shape: [1]).doubles()[0]
  }

  @Test(arguments: [ScalarType.float16, .bfloat16, .float32, .float64])
  func theNearestIsAcceptedAndItsNeighboursAreNot(type: ScalarType) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed)
    for _ in 0..<20_000 {
      // Bits at random reach every exponent, subnormal numbers and what overflows.
      let number = Double(bitPattern: UInt64.random(in: 0 ... .max, using: &random))
      let small = Double(Float(bitPattern: UInt32.random(in: 0 ... .max, using: &random)))
      let near = Double.random(in: -70_000...70_000, using: &random)
      for number in [number, small, near, near / 1e8] where !number.isNaN {
        let nearest = try stored(number, type)
        #expect(type.rounds(number, to: nearest), "seed \(seed): \(number)")
        guard nearest.isFinite else { continue }
        for other in [number + abs(nearest) / 64, number - abs(nearest) / 64] {
          let wrong = try stored(other, type)
          guard wrong != nearest, wrong.isFinite else { continue }
          #expect(!type.rounds(number, to: wrong), "seed \(seed): \(number) to \(wrong)")
        }
      }
    }
  }

  @Test func aZeroKeepsItsSign() {
    for type in [ScalarType.float16, .bfloat16, .float32, .float64] {
      #expect(type.rounds(-0.0, to: -0.0) && !type.rounds(-0.0, to: 0))
      #expect(!type.rounds(0, to: -0.0) && type.rounds(0, to: 0))
    }
    #expect(
      ScalarType.float16.rounds(-1e-20, to: -0.0) && !ScalarType.float16.rounds(-1e-20, to: 0))
  }

  @Test func tiesGoToTheEvenOne() {
    #expect(ScalarType.float16.rounds(2049, to: 2048) && !ScalarType.float16.rounds(2049, to: 2050))
    #expect(ScalarType.float16.rounds(2051, to: 2052) && !ScalarType.float16.rounds(2051, to: 2050))
    #expect(ScalarType.bfloat16.rounds(257, to: 256) && !ScalarType.bfloat16.rounds(257, to: 258))
    #expect(ScalarType.float16.rounds(2049, to: 2050, slack: 1e-9))
  }

  @Test func whatOverflowsIsInfiniteAndNothingElseIs() {
    #expect(ScalarType.float16.rounds(65520, to: .infinity))
    #expect(ScalarType.float16.rounds(65519.99, to: 65504))
    #expect(!ScalarType.float16.rounds(65519.99, to: .infinity))
    #expect(!ScalarType.float16.rounds(65520, to: -.infinity))
    #expect(!ScalarType.float16.rounds(65520, to: 65504))
    #expect(ScalarType.float16.rounds(-.infinity, to: -.infinity))
    #expect(ScalarType.float16.rounds(.nan, to: .nan) && !ScalarType.float16.rounds(1, to: .nan))
  }
}
