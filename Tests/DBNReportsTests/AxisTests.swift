import DBNComparison
import Testing

@testable import DBNReports

/// Where numbers lie on the axes of plots.
struct AxisTests {
  @Test func decadesGiveTheSmallestNumberAWidth() {
    let axis = Axis.decades(of: [1e-7, 1e-3, 0, .infinity, .nan])
    #expect(abs(axis.place(of: 1e-7) - 20) < 1e-9 && abs(axis.place(of: 1e-3) - 100) < 1e-9)
    #expect(axis.ticks.map(\.text) == ["1e-8", "1e-7", "1e-6", "1e-5", "1e-4", "1e-3"])
    #expect(axis.place(of: 0) == 0)
  }

  private static let extremes: [[Double]] = [
    [], [0], [1], [.leastNonzeroMagnitude], [.greatestFiniteMagnitude, .leastNonzeroMagnitude],
  ]

  @Test(arguments: extremes)
  func everyAxisHasAtMostSevenTicksInside(values: [Double]) {
    let axes = [Axis.decades(of: values), Axis.ratios(of: values), Axis.linear(to: values)]
    for axis in axes {
      #expect((1...7).contains(axis.ticks.count), "\(axis.ticks)")
      #expect(axis.ticks.allSatisfy { -0.001...100.001 ~= $0.place }, "\(axis.ticks)")
      #expect(values.allSatisfy { 0...100 ~= axis.place(of: $0) })
    }
  }

  @Test func ratiosHaveOneAmongTheirTicks() {
    for values in [[0.9, 1.1], [1e-4, 1e5], [0.3, 7], [2000]] {
      let axis = Axis.ratios(of: values)
      #expect(axis.ticks.contains { $0.text == "1" }, "\(values): \(axis.ticks)")
    }
    let axis = Axis.ratios(of: [0.25, 4])
    #expect(abs(axis.place(of: 1) - 50) < 1e-9)
  }

  @Test func linearAxesEndAtARoundNumber() {
    #expect(Axis.linear(to: [2.86]).ticks.map(\.text) == ["0", "1", "2", "3"])
    #expect(Axis.linear(to: [0.047]).ticks.last?.text == "0.05")
    #expect(Axis.linear(to: []).ticks.map(\.text) == ["0", "1"])
  }

  @Test func numbersAreShort() {
    let texts: [(Double, String)] = [
      (0.08394, "0.0839"), (1234.5, "1230"), (123.45, "123"), (1.2345e-7, "1.23e-7"),
      (-3.14159, "-3.14"), (0, "0"), (1e10, "1e10"), (.infinity, "inf"), (.nan, "NaN"),
      (9.999, "10"),
    ]
    for (number, text) in texts { #expect(number.brief == text) }
    #expect(0.44446056713.digits == "0.444461" && 1.23456789e-9.digits == "1.23457e-9")
    #expect(2_151_610_332.0.digits == "2151610000" && 0.0.digits == "0")
  }
}
