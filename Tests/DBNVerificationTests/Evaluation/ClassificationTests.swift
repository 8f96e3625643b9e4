import DBNModels
import DBNTensors
import DBNTestSupport
import DBNVerification
import Foundation
import Testing

/// What is counted of a classifier's outputs.
struct ClassificationTests {
  private func result(
    _ outputs: [[Double]], _ labels: [Int], batch: Int = 64
  ) throws -> Classification {
    var evaluation = Evaluation(.identity)
    evaluation.batch = batch
    return try evaluation.run([StateDict()], on: SampleData(outputs, labels: labels))[0]
      .classification
  }

  @Test func theLargestOutputsAreCounted() throws {
    let outputs: [[Double]] = [
      [9, 1, 2, 3, 4, 5, 6], [9, 1, 2, 3, 4, 5, 6], [9, 1, 2, 3, 4, 5, 6], [1, 9, 0, 0, 0, 0, 0],
    ]
    let result = try result(outputs, [0, 6, 2, 1])
    #expect(result.total.samples == 4 && result.total.top1 == 2 && result.total.top5 == 3)
    #expect(result.classes.map(\.samples) == [1, 1, 1, 0, 0, 0, 1])
    #expect(result.classes.map(\.top1) == [1, 1, 0, 0, 0, 0, 0])
  }

  /// The numbers of `scipy.stats.binomtest(8, 10).proportion_ci(method="wilson")`.
  @Test func accuraciesHaveAnInterval() throws {
    let outputs = [[Double]](repeating: [1, 0], count: 10)
    let eight = try #require(result(outputs, [0, 0, 0, 0, 0, 0, 0, 0, 1, 1]).total.top1Interval)
    #expect(abs(eight.lowerBound - 0.4901624715) < 1e-9)
    #expect(abs(eight.upperBound - 0.9433178485) < 1e-9)
    let none = try #require(result(outputs, Array(repeating: 1, count: 10)).total.top1Interval)
    #expect(none.lowerBound == 0 && abs(none.upperBound - 0.2775327999) < 1e-9)
    let all = try #require(result(outputs, Array(repeating: 0, count: 10)).total.top1Interval)
    #expect(all.upperBound == 1 && abs(all.lowerBound - 0.7224672001) < 1e-9)
    #expect(try result([[1, 0, 0]], [0]).classes[1].top1Interval == nil)
  }

  @Test func ofEqualOutputsTheFirstCountsAsLarger() throws {
    let outputs: [[Double]] = [[3, 3, 3, 3, 3, 3], [3, 3, 3, 3, 3, 3], [3, 3, 3, 3, 3, 3]]
    let result = try result(outputs, [0, 4, 5])
    #expect(result.total.top1 == 1 && result.total.top5 == 2)
  }

  @Test func theLossIsCrossEntropyHoweverLargeOutputsAre() throws {
    #expect(try abs(result([[2, 2, 2, 2]], [3]).total.loss - log(4)) < 1e-15)
    #expect(try result([[1e6, 0], [0, 1e6]], [0, 0]).total.loss == 5e5)
    #expect(try result([[-1e308, 1e308]], [1]).total.loss == 0)
    let expected = log(exp(0.5) + exp(-1.0) + exp(2.0)) + 1
    #expect(try abs(result([[0.5, -1, 2]], [1]).total.loss - expected) < 1e-15)
  }

  @Test func undefinedOutputsAreWrongAndCounted() throws {
    let result = try result([[.nan, 1], [1, .nan], [2, 1]], [0, 0, 0])
    #expect(result.total.top1 == 1 && result.total.top5 == 1 && result.undefined == 2)
    #expect(result.total.loss.isNaN)
  }

  @Test(arguments: [1, 2, 3, 5, 100]) func batchesAddUpToTheSame(batch: Int) throws {
    let outputs = (0..<5).map { [Double($0 * 7 % 5), 2, Double($0)] }
    let labels = [0, 1, 2, 1, 2]
    #expect(try result(outputs, labels, batch: batch) == result(outputs, labels))
  }

  @Test func aLabelThatIsNoClassIsNamed() throws {
    let error = #expect(throws: CheckpointError.self) {
      try result([[1, 2], [1, 2], [1, 2]], [0, 1, 2], batch: 2)
    }
    #expect(error?.code == .invalidSamples)
    #expect(error?.reason == "sample 2 has the label 2, and the model has 2 classes")
  }

  @Test func onlyClassifiersAreMeasured() throws {
    let graph = Graph(
      name: "flat", inputs: [.init("x", shape: [nil, nil])],
      nodes: [.init("flat", .flatten(start: 0, end: 1), [.value("x")])], outputs: ["flat"],
      parameters: [])
    let error = #expect(throws: CheckpointError.self) {
      try Evaluation(graph).run([StateDict()], on: SampleData([[1, 2]], labels: [0]))
    }
    #expect(error?.code == .invalidSamples && error?.reason.contains("[2]") == true)
  }

  @Test(arguments: [0, -1]) func batchesThatMakeNoSenseAreRefused(batch: Int) throws {
    let error = #expect(throws: CheckpointError.self) { try result([[1]], [0], batch: batch) }
    #expect(error?.code == .invalidBatch)
  }
}
