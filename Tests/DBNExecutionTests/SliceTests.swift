import DBNBatchNorm
import DBNExecution
import DBNTensors
import DBNTestSupport
import Testing

struct SliceTests {
  private func module(worldSize: Int, momentum: Double? = 0.1) throws -> BatchNormModule {
    let stateDict = try StateDict.batchNorm(means: [[0.5, -3]], variances: [[2, 0.125]])
    let distributed = try stateDict.toDistributed(worldSize: worldSize).stateDict
    let site = try #require(BatchNormSurvey(distributed).sites.first)
    return try BatchNormModule(site, in: distributed, options: .init(momentum: momentum))
  }

  private func ramp(_ samples: Int) -> Activations {
    Activations(
      samples: samples, features: 2, positions: 2,
      values: (0..<samples * 4).map { Double($0 * $0 % 37) / 8 })
  }

  struct Case: Sendable {
    let samples: Int
    let worldSize: Int
    let lengths: [Int]
  }

  @Test(arguments: [
    Case(samples: 10, worldSize: 8, lengths: [2, 2, 2, 2, 2, 0, 0, 0]),
    Case(samples: 10, worldSize: 4, lengths: [3, 3, 3, 1]),
    Case(samples: 1, worldSize: 4, lengths: [1, 0, 0, 0]),
    Case(samples: 0, worldSize: 2, lengths: [0, 0]),
  ])
  func slicesAreOfTheCeiling(example: Case) throws {
    let slices = try module(worldSize: example.worldSize).slices(of: example.samples)
    #expect(slices.map(\.count) == example.lengths)
  }

  @Test(arguments: [0, 1, 3, 7, 8, 10, 33], [1, 2, 4, 8])
  func everySampleIsInOneSlice(samples: Int, worldSize: Int) {
    for layout in [BatchNormLayout.replicated, .replicated.interleaved] {
      let slices = layout.slices(of: samples, worldSize: worldSize)
      #expect(slices.count == worldSize)
      #expect(slices.flatMap(\.self).sorted() == Array(0..<samples))
      let wanted = { (sample: Int) in
        layout.slices == .interleaved
          ? sample % worldSize : sample / ((samples + worldSize - 1) / worldSize)
      }
      for (device, slice) in slices.enumerated() {
        #expect(slice.allSatisfy { wanted($0) == device })
      }
    }
  }

  @Test func anEmptySliceCountsTheBatchAndKeepsItsRow() throws {
    var module = try module(worldSize: 8)
    let before = module.rows
    _ = try module.train(ramp(10))
    #expect(module.rows.map(\.batchesTracked) == Array(repeating: 1, count: 8))
    #expect(module.rows[5].mean == before[5].mean)
    #expect(module.rows[7].variance == before[7].variance)
    #expect(module.rows[4].mean != before[4].mean)
  }

  @Test func anErrorLeavesEveryRowAsItWas() throws {
    var module = try module(worldSize: 2)
    let before = module.rows
    let input = Activations(samples: 3, features: 2, positions: 1, values: [1, 2, 3, 4, 5, 6])
    let error = #expect(throws: CheckpointError.self) { try module.train(input) }
    #expect(error?.code == .tooFewValues)
    #expect(error?.reason.contains("device 1") == true)
    #expect(module.rows == before)
  }

  @Test func evaluationOfNothingIsNothing() throws {
    #expect(try module(worldSize: 4).evaluate(ramp(0)).values.isEmpty)
  }

  @Test func withoutMomentumTheAverageIsCumulative() throws {
    var module = try module(worldSize: 1, momentum: nil)
    let first = Activations(samples: 2, features: 2, positions: 1, values: [0, 0, 2, 4])
    let second = Activations(samples: 2, features: 2, positions: 1, values: [4, 6, 6, 10])
    _ = try module.train(first)
    #expect(module.rows[0].mean == [1, 2] && module.rows[0].variance == [2, 8])
    _ = try module.train(second)
    #expect(module.rows[0].mean == [3, 5] && module.rows[0].variance == [2, 8])
  }
}
