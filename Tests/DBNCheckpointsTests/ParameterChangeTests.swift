import DBNTensors
import DBNTestSupport
import Testing

/// When an optimizer's state fits a model no longer.
struct ParameterChangeTests {
  private func stateDict(_ value: CheckpointValue) throws -> StateDict {
    try #require(value.dictionary.flatMap { StateDict($0) })
  }

  private func optimizer(_ shapes: [Int]) throws -> OptimizerState {
    var state = CheckpointDictionary()
    for (index, shape) in shapes.enumerated() {
      state.set(.int(index), to: ["exp_avg": .ones(shape)])
    }
    let group: CheckpointValue = ["params": .list(shapes.indices.map { .int($0) })]
    return try #require(
      Checkpoint(root: ["o": ["state": .dictionary(state), "param_groups": [group]]])
        .optimizerStates.first)
  }

  @Test func anotherOrderOfTheSameShapesIsNoticed() throws {
    let before = try stateDict(["a": .ones(2), "b": .ones(2), "bn.running_mean": .ones(2)])
    var after = StateDict()
    for name in ["b", "a"] { after[name] = before[name] }
    let change = ParameterChange(from: before, to: after)
    #expect(!change.keepsPositions)
    let note = try #require(change.misfit(of: optimizer([2, 2])))
    #expect(
      note.hasPrefix(
        "'o' no longer fits: it is for 2 parameters, and the converted model has 2 in another "
          + "order or shape;"))
  }

  @Test func anotherShapeIsNoticed() throws {
    let before = try stateDict(["a": .ones(2, 3)])
    #expect(!ParameterChange(from: before, to: try stateDict(["a": .ones(3, 2)])).keepsPositions)
    #expect(ParameterChange(from: before, to: try stateDict(["a": .ones(2, 3)])).keepsPositions)
  }

  @Test func statisticsUnderAnyNameAreNoParameters() throws {
    for (mean, rows) in [
      ("bn.running_mean", 4), ("bn.num_batches_tracked", 1), ("bn/moving_variance:0", 2),
    ] {
      let before = try stateDict(.dictionary(["w": .ones(2), .string(mean): .ones(2)]))
      let after = try stateDict(.dictionary([.string(mean): .ones(rows, 2), "w": .ones(2)]))
      var moved = after
      moved["w"] = before["w"]
      #expect(ParameterChange(from: before, to: moved).keepsPositions, "\(mean)")
    }
  }

  @Test func anOptimizerOfSeveralModelsMayNoLongerFit() throws {
    let before = try stateDict(["a": .ones(2), "b": .ones(3)])
    let change = ParameterChange(from: before, to: try stateDict(["a": .ones(2)]))
    let note = try #require(change.misfit(of: optimizer([2, 3, 7])))
    #expect(
      note.hasPrefix(
        "'o' may no longer fit: it is for 3 parameters, the model had 2 parameters, and the converted model "
          + "has 1;"))
    #expect(change.misfit(of: try optimizer([7, 8])) == nil)
  }

  @Test func kerasOptimizerAmongTheModelsTensorsIsNamed() throws {
    let before = try stateDict([
      "conv.kernel": .ones(3, 2), "optimizer.vars.0": .ones(), "optimizer.vars.2": .ones(3, 2),
      "optimizer.vars.3": .ones(3, 2),
    ])
    var after = before
    after["conv.kernel"] = try .float32([1, 1, 1, 1, 1, 1], [2, 3])
    let note = try #require(ParameterChange(from: before, to: after).misfitOfOwnOptimizer)
    #expect(note.hasPrefix("'optimizer' no longer fits: it has 2 tensors for the original"))
    #expect(ParameterChange(from: before, to: before).misfitOfOwnOptimizer == nil)
    let rate = try stateDict(["conv.kernel": .ones(3, 2), "optimizer_weights.rate": .ones()])
    #expect(ParameterChange(from: rate, to: after).misfitOfOwnOptimizer == nil)
  }

  @Test func anOptimizerOfUnknownFormMayNoLongerFit() throws {
    let deepSpeed = Checkpoint(
      root: ["module": ["a": .ones(2)], "optimizer_state_dict": ["groups": [.ones(2)]]])
    let state = try #require(deepSpeed.optimizerStates.first)
    #expect(state.parameterCount == nil && deepSpeed.optimizerStates.count == 1)
    let before = try stateDict(["a": .ones(2)])
    let change = ParameterChange(from: before, to: StateDict())
    #expect(
      change.misfit(of: state)?.hasPrefix(
        "'optimizer_state_dict' may no longer fit: the model had 1 parameter, and the converted model has 0;"
      )
        == true)
    #expect(ParameterChange(from: before, to: before).misfit(of: state) == nil)
  }
}
