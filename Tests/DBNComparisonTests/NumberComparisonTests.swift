@testable import DBNComparison
import DBNTensors
import DBNTestSupport
import Testing

struct NumberComparisonTests {
  @Test func stepsBetweenNeighboursAreCounted() {
    let cases: [(Double, Double, Int)] = [
      (1, 1, 0), (1, Double(Float(1).nextUp), 1), (0, -0.0, 0),
      (Double(Float.leastNonzeroMagnitude), -Double(Float.leastNonzeroMagnitude), 2),
      (1, 2, 1 << 23),
    ]
    for (a, b, steps) in cases {
      #expect(NumberComparison([a], [b], ulpsOf: .float32).maxULP == steps)
      #expect(NumberComparison([b], [a], ulpsOf: .float32).maxULP == steps)
    }
    #expect(NumberComparison([1], [(1.0).nextDown], ulpsOf: .float64).maxULP == 1)
  }

  @Test func errorsAreRelativeToTheLargestNumberAndToTheTolerance() {
    var comparison = NumberComparison(
      [1, 10, 0.5], [1.5, -10.25 + 20, 0], ulpsOf: .float32,
      tolerance: .init(absolute: 0.25, relative: 0.1))
    #expect(comparison.maxAbsolute == 0.5 && comparison.maxRelative == 0.5 / 9.75)
    #expect(comparison.shareOfTolerance == 2 && !comparison.isWithinTolerance)
    comparison.formUnion(NumberComparison([100], [100], ulpsOf: .float32))
    #expect(comparison.maxRelative == 0.005 && comparison.shareOfTolerance == 2)
    #expect(NumberComparison([1], [0], ulpsOf: .float32).maxRelative == .infinity)
    #expect(NumberComparison([0], [-0.0], ulpsOf: .float32).maxRelative == 0)
    #expect(NumberComparison([1], [2], ulpsOf: .float32).shareOfTolerance == .infinity)
  }

  @Test func allDifferencesTogetherAreMeasuredInOneNumber() {
    var comparison = NumberComparison([3], [4], ulpsOf: .float32)
    comparison.formUnion(NumberComparison([0], [3], ulpsOf: .float32))
    #expect(comparison.relativeError == 0.4.squareRoot())
    #expect(comparison.cosineSimilarity == 12.0 / 15)
    #expect(abs(comparison.signalToNoise - 3.979400086720376) < 1e-14)
    let before = comparison.relativeError
    comparison.formUnion(NumberComparison([9], [1e6], ulpsOf: .float32), addsSums: false)
    #expect(comparison.relativeError == before && comparison.maxAbsolute == 999_991)
  }

  /// Relative error, cosine similarity, and signal-to-noise ratio; nil for NaN.
  typealias Measures = (Double, Double?, Double)

  @Test(
    arguments: [
      ([], [], (0, 1, .infinity)), ([0], [0], (0, 1, .infinity)),
      ([0], [-0.0], (0, 1, .infinity)), ([2, -1], [2, -1], (0, 1, .infinity)),
      ([0], [2], (1, 0, 0)), ([2], [0], (.infinity, 0, -.infinity)),
      ([-2], [2], (2, -1, -20 * 0.3010299956639812)),
      ([.nan, 3], [.nan, 3], (0, 1, .infinity)), ([.infinity], [.infinity], (0, 1, .infinity)),
      ([.nan, 3], [1, 3], (.infinity, nil, -.infinity)),
      ([1], [.nan], (.infinity, nil, -.infinity)),
      ([-.infinity], [.infinity], (.infinity, nil, -.infinity)),
    ] as [([Double], [Double], Measures)])
  func measuresAreDefinedForZerosAndWhatIsNotFinite(
    a: [Double], b: [Double], expected: Measures
  ) {
    let comparison = NumberComparison(a, b, ulpsOf: .float64)
    #expect(comparison.relativeError == expected.0)
    #expect(
      expected.1.map { comparison.cosineSimilarity == $0 } ?? comparison.cosineSimilarity.isNaN)
    #expect(comparison.signalToNoise == expected.2)
  }

  @Test func cosinesStayWithinOneAndAreNotShownAsOne() {
    var random = SeededGenerator(5)
    let numbers = (0..<1000).map { _ in Double.random(in: -1...1, using: &random) }
    for scale in [1 + 1e-15, 1e-3, 1e3] {
      let comparison = NumberComparison(numbers.map { $0 * scale }, numbers, ulpsOf: .float64)
      #expect((1 - 1e-14...1).contains(comparison.cosineSimilarity), "scale \(scale), seed 5")
    }
    let near = NumberComparison([1, 1.0001], [1, 1], ulpsOf: .float64)
    #expect(near.errors.contains("cosine similarity 0.99999999"))
  }

  @Test func nansAreEqualToEachOtherAndToNothingElse() {
    #expect(NumberComparison([.nan], [.nan], ulpsOf: .float32).isBitIdentical)
    let comparison = NumberComparison(
      [1, .nan], [1, 3], ulpsOf: .float32, tolerance: .init(absolute: 1e300))
    #expect(comparison.maxAbsolute == .infinity && comparison.maxULP == .max)
    #expect(comparison.firstDifference?.index == 1)
  }

  @Test func infinitiesAreFarFromNumbersAndEqualToThemselves() {
    #expect(NumberComparison([.infinity], [.infinity], ulpsOf: .float32).isBitIdentical)
    #expect(
      !NumberComparison([.infinity], [1], ulpsOf: .float32, tolerance: .init(absolute: 1e300))
        .isWithinTolerance)
  }

  @Test(
    arguments: [
      (1, Double.infinity), (.nan, .infinity), (.infinity, -.infinity), (1, .nan),
    ])
  func noToleranceReachesInfinity(a: Double, b: Double) {
    for tolerance in [
      NumberComparison.Tolerance(relative: 0.1), .init(absolute: .infinity),
    ] {
      for (a, b) in [(a, b), (b, a)] {
        let comparison = NumberComparison([a], [b], ulpsOf: .float32, tolerance: tolerance)
        #expect(!comparison.isWithinTolerance)
      }
    }
  }

  @Test func theToleranceIsAbsolutePlusRelative() {
    let tolerance = NumberComparison.Tolerance(absolute: 0.1, relative: 0.01)
    #expect(
      NumberComparison([11.2], [11], ulpsOf: .float64, tolerance: tolerance).isWithinTolerance)
    #expect(
      !NumberComparison([11.3], [11], ulpsOf: .float64, tolerance: tolerance).isWithinTolerance)
  }
}
