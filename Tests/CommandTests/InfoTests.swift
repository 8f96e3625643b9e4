import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// `info`: the tables, and the numbers of tensors.
struct InfoTests {
  private let checkpoint = Fixture("torch/digits-shards").file("checkpoint.pth")

  @Test func everyBatchNormHasOneLineWithItsDrift() throws {
    let output = try Command("info", checkpoint).output
    #expect(
      output.contains(/BatchNorm  features  layout      devices  means apart  variances apart/))
    for (name, features) in [("bn1", 16), ("bn2", 32), ("bn3", 32)] {
      let lines = output.split(separator: "\n").filter { $0.hasPrefix("\(name) ") }
      #expect(lines.count == 1 && lines[0].contains(" \(features)  replicated        4 "))
      #expect(lines[0].contains(/[0-9.]+ sd +[0-9.]+ %$/), "\(lines)")
    }
    #expect(
      output.contains("the devices differ in 3 of 3 BatchNorms, most in bn1: means are up to"))
  }

  @Test func aColumnThatNoBatchNormNeedsIsNotThere() throws {
    let standard = Fixture("torch/digits-standard").file("checkpoint.pth")
    let output = try Command("info", standard).output
    #expect(output.contains(/BatchNorm  features  layout\n/), "\(output)")
    #expect(!output.contains("devices differ"))
  }

  /// Against sums over all numbers, in two passes.
  @Test func statisticsAreThoseOfTheNumbers() throws {
    let command = try Command("info", checkpoint, "--stats", "--json")
    let rows = try #require(JSON(parsing: command.output)["tensors"]?.array)
    let stateDict = try Checkpoint.open(checkpoint).stateDict()
    #expect(rows.count == 20)
    for row in rows {
      let numbers = try #require(stateDict[row["name"]?.string ?? ""]).doubles()
      let mean = numbers.reduce(0, +) / Double(numbers.count)
      let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count)
      let statistics = try #require(row["statistics"])
      #expect(statistics["least"] == .double(numbers.min() ?? 0))
      #expect(statistics["greatest"] == .double(numbers.max() ?? 0))
      #expect(statistics["zeros"] == .int(numbers.count { $0 == 0 }))
      #expect(statistics["not_finite"] == 0)
      for (key, expected) in [("mean", mean), ("deviation", variance.squareRoot())] {
        guard case .double(let found)? = statistics[key] else {
          Issue.record("no \(key)")
          continue
        }
        #expect(abs(found - expected) <= 1e-12 * max(1, abs(expected)), "\(key)")
      }
    }
  }

  @Test func numbersThatAreNotFiniteAreCountedAndLeftOutOfTheMean() throws {
    let folder = try TemporaryFolder()
    var stateDict = StateDict()
    stateDict["x"] = try Tensor(elements: [Float.nan, 1, 3, .infinity, 0], shape: [5])
    stateDict["z"] = try Tensor(elements: [Float.nan], shape: [1])
    try Checkpoint(root: .dictionary(stateDict.dictionary)).write(to: folder.file("x.pth"))
    let output = try Command("info", folder.file("x.pth"), "--stats").output
    #expect(output.contains(/x +float32 \[5\] +0 +3 +1\.333 +1\.247 +1 +2\n/), "\(output)")
    #expect(output.contains(/z +float32 \[1\] +- +- +- +- +0 +1/), "\(output)")
  }

  @Test func theNumbersOfATensorArePrintedRowByRow() throws {
    let tensor = try #require(Checkpoint.open(checkpoint).stateDict()["bn1.running_mean"])
    let floats = try tensor.array(of: Float.self)
    let text = try Command("info", checkpoint, "--values", "bn1.running_mean").output
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines.first == "bn1.running_mean  float32 [4, 16]" && lines.count == 5)
    let second = floats[16..<32].map { "\($0)" }.joined(separator: "  ")
    #expect(lines[2] == "[1]  \(second)")
    let json = try JSON(
      parsing: Command("info", checkpoint, "--values", "bn1.running_mean", "--json").output)
    #expect(json["values"] == .array(try tensor.doubles().map { .double($0) }))
  }

  @Test func longTensorsAreCutAndMissingOnesNamed() throws {
    let text = try Command("info", checkpoint, "--values", "conv2.weight").output
    #expect(text.hasSuffix("... and 3608 more numbers (--json prints all)\n"), "\(text.suffix(90))")
    let missing = try Command("info", checkpoint, "--values", "bn1.runing_mean")
    #expect(missing.status == 2)
    #expect(missing.error.contains("'bn1.runing_mean': there is no tensor with this name"))
    #expect(missing.error.contains("the nearest is 'bn1.running_mean'"), "\(missing.error)")
    let bare = try Command("info", checkpoint, "--values", "running_mean")
    #expect(bare.error.contains("the nearest is 'bn1.running_mean'"), "\(bare.error)")
  }
}
