import BatchNorm
import Checkpoints
import Tensors
import TestSupport
import Testing
import Verification

/// The examples of the README, run.
struct LibraryExampleTests {
  @Test func theExamplesOfTheReadmeRun() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try Checkpoint.open(Fixture("torch/digits-standard").file("checkpoint.pth"))
    let (entry, stateDict) = try checkpoint.findStateDict()
    let distributed = try stateDict.toDistributed(worldSize: 8)
    try checkpoint.replacingStateDict(at: entry, with: distributed.stateDict)
      .write(to: folder.file("distributed.h5"))

    let weight = try #require(stateDict["fc.weight"])
    let largest = try weight.withSpan(of: Float.self) { span in
      span.indices.reduce(0) { max($0, abs(span[$1])) }
    }
    let values = try weight.array(of: Double.self)
    #expect(values.map(abs).max() == Double(largest))

    var small = StateDict()
    small["scale"] = try Tensor(rounding: [0.5, 0.25], to: .float32, shape: [2])
    small["steps"] = try Tensor([90_000], shape: [])
    try Checkpoint(root: .dictionary(small.dictionary)).write(to: folder.file("small.h5"))
    let read = try Checkpoint.open(folder.file("small.h5")).findStateDict().stateDict
    #expect(try read["scale"]?.array(of: Float.self) == [0.5, 0.25])
    #expect(try read["steps"]?.array(of: Int.self) == [90_000])

    let result = try BatchNormVerification().compare(stateDict, distributed.stateDict)
    #expect(result.isBitIdentical && result.maxULP == 0)
  }
}
