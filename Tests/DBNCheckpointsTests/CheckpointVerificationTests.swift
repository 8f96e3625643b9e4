import DBNBatchNorm
import DBNTensors
import DBNTestSupport
import DBNVerification
import Testing

/// Verdicts on whole checkpoints: which state dicts are compared, and what is said of the rest.
struct CheckpointVerificationTests {
  private func network(_ variance: Double = 1, name: String = "bn1") throws -> CheckpointValue {
    .dictionary(
      try StateDict.batchNorm(
        means: [[1, 2]], variances: [[variance, 1]], counters: [3], name: name
      ).dictionary)
  }

  private func verdict(
    _ a: CheckpointValue, _ b: CheckpointValue, entry: String? = nil
  ) throws -> VerificationResult {
    var verification = CheckpointVerification()
    verification.entry = entry.map { EntryPath($0) }
    return try verification.compare(Checkpoint(root: a), Checkpoint(root: b))
  }

  @Test func aDifferenceInAnyNetworkIsFound() throws {
    let same: CheckpointValue = [
      "model": try network(), "ema": try network(), "critic": try network(name: "norm"),
    ]
    #expect(try verdict(same, same).isBitIdentical)
    for (key, name) in [("model", "bn1"), ("ema", "bn1"), ("critic", "norm")] {
      var root = try #require(same.dictionary)
      root.set(.string(key), to: try network(2, name: name))
      let result = try verdict(same, .dictionary(root))
      #expect(!result.isEqual && result.scope.pairs.count == 3)
      let expected = key == "model" ? name : "\(key)/\(name)"
      #expect(result.firstDivergence?.name == expected)
      #expect(try verdict(same, .dictionary(root), entry: key).scope.pairs.count == 1)
    }
  }

  @Test func aNetworkThatOneFileLacksIsNamed() throws {
    let both: CheckpointValue = ["model": try network(), "ema": try network()]
    let result = try verdict(both, ["model": try network()])
    #expect(result.isBitIdentical && result.scope.onlyInFirst.map(\.name) == ["ema"])
    let bare = try verdict(both, try network())
    #expect(bare.isBitIdentical && "\(bare.scope.pairs[0].b)".isEmpty)
  }

  @Test func healthIsToldByEntry() throws {
    let root: CheckpointValue = ["model": try network(), "ema": try network(-1)]
    let result = try verdict(root, root)
    #expect(result.isEqual && result.healthOfFirst.items.map(\.name) == ["ema/bn1"])
  }

  @Test func nothingIsNoVerdict() throws {
    let empty: CheckpointValue = ["a": .dictionary(CheckpointDictionary())]
    for entry in [nil, "a"] {
      let error = #expect(throws: CheckpointError.self) {
        try verdict(empty, empty, entry: entry)
      }
      #expect(error?.code == .nothingToCompare)
    }
    let error = #expect(throws: CheckpointError.self) { try verdict(try network(), empty) }
    #expect(error?.reason.contains("the first has one at the root") == true)
  }
}
