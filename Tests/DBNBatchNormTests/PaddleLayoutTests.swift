import DBNBatchNorm
import DBNTensors
import DBNTestSupport
import Testing

/// BatchNorms by PaddlePaddle's names.
struct PaddleLayoutTests {
  private func paddle() throws -> StateDict {
    var stateDict = StateDict()
    stateDict["bn.weight"] = try .float32([1, 2])
    stateDict["bn.bias"] = try .float32([0, 0.5])
    stateDict["bn._mean"] = try .float32([0.5, -3])
    stateDict["bn._variance"] = try .float32([2, 0.125])
    return stateDict
  }

  @Test func theyAreRecognised() throws {
    let sites = BatchNormSurvey(try paddle()).sites
    #expect(sites.map(\.layout) == [.paddle] && sites.map(\.name) == ["bn"])
    #expect(sites.map(\.features) == [2] && sites.map(\.hasCounter) == [false])
  }

  @Test func theyBecomeStandardAndComeBack() throws {
    let standard = try paddle().toStandard().stateDict
    #expect(
      standard.names == [
        "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var", "bn.num_batches_tracked",
      ])
    #expect(try standard["bn.running_var"]?.doubles() == [2, 0.125])
    let back = try standard.converting(to: #require(BatchNormLayout.named("paddle"))).stateDict
    #expect(back.names == (try paddle()).names)
    #expect(try back["bn._mean"]?.doubles() == [0.5, -3])
  }
}
