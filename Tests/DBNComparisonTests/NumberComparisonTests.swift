import DBNComparison
import DBNTensors
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
