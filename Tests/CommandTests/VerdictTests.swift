import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// What `verify` says of pairs that it once called equal.
struct VerdictTests {
  private let folder: TemporaryFolder
  private let standard = Fixture("torch/digits-standard").file("checkpoint.pth")
  private let replicated = Fixture("torch/digits-replicated").file("checkpoint.pth")

  init() throws {
    folder = try TemporaryFolder()
  }

  private static func entry(_ name: String) -> String {
    Fixture("torch/entries/\(name)").file("checkpoint.pth")
  }

  /// A copy of the replicated checkpoint with other numbers in one tensor.
  private func copy(
    _ key: String, _ name: String, _ change: (inout [Double]) -> Void
  ) throws -> String {
    let original = try Checkpoint.open(replicated)
    let (entry, found) = try original.findStateDict()
    var stateDict = found
    let tensor = try #require(stateDict[key])
    var values = try tensor.doubles()
    change(&values)
    stateDict[key] =
      tensor.scalarType == .int64
      ? try Tensor(values.map { Int($0) }, shape: tensor.shape)
      : try Tensor(rounding: values, to: tensor.scalarType, shape: tensor.shape)
    let path = folder.file(name)
    try original.replacingStateDict(at: entry, with: stateDict).write(to: path)
    return path
  }

  private func verdict(_ arguments: [String]) throws -> (status: Int32, json: JSON) {
    let command = try Command(["verify"] + arguments + ["--json"])
    return (command.status, try JSON(parsing: command.output))
  }

  @Test(
    arguments: ["bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked"],
    [[], ["--atol", "1e-3"], ["--batch", "4", "--atol", "0.9"], ["--mode", "train"]])
  func oneDevicesStateIsFoundUnderEveryOption(key: String, options: [String]) throws {
    let changed = try copy(key, "changed.h5") { $0[$0.count - 1] += 1000 }
    let (status, json) = try verdict([replicated, changed] + options)
    #expect(status == 1 && json["equal"] == false && json["bit_identical"] == false)
    #expect(json["first_divergence"]?["device"] == 3)
    let page = folder.file("page.html")
    #expect(try Command(["verify", replicated, changed, "--report", page] + options).status == 1)
    #expect(try String(contentsOfFile: page, encoding: .utf8).contains("verdict bad"))
  }

  @Test func aBatchThatMissesADeviceIsNoProof() throws {
    let command = try Command("verify", replicated, replicated, "--batch", "2", "--atol", "1e-3")
    #expect(command.status == 2 && command.output.isEmpty)
    #expect(command.error.contains("reaches 2 of 4 devices"))
    #expect(command.error.contains("verify with 4 samples"))
  }

  @Test func withinAToleranceIsNotBitIdentical() throws {
    let changed = try copy("fc.weight", "near.pth") { $0[0] += 1e-4 }
    let (status, json) = try verdict([replicated, changed, "--atol", "1e-3"])
    #expect(status == 0 && json["equal"] == true && json["bit_identical"] == false)
    #expect(try verdict([replicated, changed]).status == 1)
    #expect(try Command("verify", replicated, changed, "--atol", "inf").status == 64)
  }

  @Test func everyStateDictThatBothHoldIsCompared() throws {
    let (a, b) = (Self.entry("backbone"), Self.entry("backbone-2"))
    let (status, json) = try verdict([a, b])
    #expect(status == 1 && json["compared"]?.array?.count == 2)
    #expect(json["compared"]?.array?.first == ["a": "backbone", "b": "backbone"])
    let rest = json["not_compared"]?["a"]?.array?.compactMap { $0["name"]?.string }
    #expect(rest == ["loss", "other values"])
    let chosen = try verdict([a, a, "--entry", "head"])
    #expect(chosen.status == 0 && chosen.json["compared"]?.array?.count == 1)
    #expect(chosen.json["other_tensors"]?["compared"] == 1)
  }

  @Test func aModelThatOnlyOneFileHoldsIsNamed() throws {
    let (a, b) = (Self.entry("gan"), folder.file("one.pth"))
    #expect(try Command("convert", a, b, "--state-dict-only").status == 0)
    let command = try Command("verify", a, b)
    #expect(command.status == 0 && command.output.contains("not compared, only in the first: "))
  }

  @Test func weightsWithoutNamesAreCompared() throws {
    let (a, b) = (Self.entry("tensor-list"), Self.entry("tensor-list-2"))
    #expect(try verdict([a, b]).status == 1)
    let (status, json) = try verdict([a, a])
    #expect(status == 0 && json["bit_identical"] == true)
    #expect(json["other_tensors"]?["compared"] != 0)
  }

  @Test(arguments: ["none", "number", "empty-state-dict", "optimizer-alone"])
  func withNothingComparedThereIsNoVerdict(name: String) throws {
    let command = try Command("verify", Self.entry(name), Self.entry(name))
    #expect(command.status == 2 && command.output.isEmpty)
    #expect(command.error.contains("nothing was compared"), "\(command.error)")
  }

  /// Both have it, and no output shows it; equal it is, but not well.
  @Test(arguments: [-1.0, .nan])
  func numbersThatCannotBeRightStandBesideTheVerdict(variance: Double) throws {
    let sick = try copy("bn2.running_var", "sick.pth") { $0[40] = variance }
    let page = folder.file("page.html")
    let command = try Command("verify", sick, sick, "--report", page)
    #expect(
      command.status == 0 && command.output.contains("\nbut in both, 1 of 3 BatchNorms has a"))
    let health = try verdict([sick, sick]).json["health"]
    #expect(health?["a"]?.array?.first?["name"] == "bn2" && health?["a"] == health?["b"])
    #expect(
      try String(contentsOfFile: page, encoding: .utf8).contains(
        "verdict neutral\">Equal, bit-identical, but not healthy"))
    #expect(try verdict([replicated, sick]).status == 1)
  }
}
