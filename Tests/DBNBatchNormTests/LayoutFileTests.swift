import DBNBatchNorm
import DBNTensors
import DBNTestSupport
import Testing

/// A layout of a user's own, and every rule of such files broken once.
struct LayoutFileTests {
  private static let good = """
    {"name": "mine", "weight": "scale", "bias": "shift",
     "running_mean": {"devices": "stats.mean", "form": "rows"},
     "running_var": {"devices": "stats.var", "form": "rows"},
     "num_batches_tracked": {"shared": "steps"},
     "slices": "interleaved", "evaluation": "row"}
    """

  @Test func itMapsLikeAnyOther() throws {
    let mine = try BatchNormLayout(parsing: JSON(parsing: Self.good))
    #expect(mine.slices == .interleaved && mine.evaluation == .row && mine.description == "mine")
    let replicated = try StateDict.batchNorm(
      means: [[0, 1], [2, 3]], variances: [[1, 1], [2, 2]], counters: [5, 5])
    let there = try replicated.converting(to: mine).stateDict
    #expect(
      there.names == [
        "conv.weight", "bn.scale", "bn.shift", "bn.stats.mean", "bn.stats.var", "bn.steps",
      ])
    #expect(there["bn.stats.mean"]?.shape == [2, 2] && there["bn.steps"]?.shape == [])
    let survey = BatchNormSurvey(there, layouts: [mine])
    #expect(survey.sites.map(\.layout) == [mine] && survey.sites.map(\.worldSize) == [2])
    let back = try there.converting(to: .replicated, reading: .init(mine)).stateDict
    #expect(back.names == replicated.names)
    #expect(try back["bn.running_mean"]?.doubles() == [0, 1, 2, 3])
    #expect(try back["bn.num_batches_tracked"]?.integers() == [5, 5])
  }

  @Test(arguments: [
    ("[]", "JSON object"), (#"{"name": "ghost"}"#, "name"), (#"{"name": ""}"#, "name"),
    (#"{"name": "a", "colour": 1}"#, "no such member"),
    (#"{"name": "a", "weight": "w"}"#, "both running_mean and running_var"),
    (#"{"name": "a", "running_mean": "m", "running_var": {"devices": "v"}}"#, "kept as"),
    (#"{"name": "a", "running_mean": "m", "running_var": "v", "evaluation": "row"}"#, "does not"),
    (#"{"name": "a", "running_mean": "m", "running_var": "v", "slices": "odd"}"#, "contiguous"),
    (#"{"name": "a", "running_mean": "m", "running_var": "m"}"#, "the same key"),
    (#"{"name": "a", "running_mean": "", "running_var": "v"}"#, "empty"),
    (#"{"name": "a", "running_mean": {}, "running_var": "v"}"#, "needs a key"),
    (#"{"name": "a", "running_mean": 3, "running_var": "v"}"#, "must be a key"),
    (#"{"name": "a", "running_mean": {"key": "m"}, "running_var": "v"}"#, "must be a key"),
    (#"{"name": "a", "running_mean": {"devices": "m", "form": "single"}}"#, "num_batches_tracked"),
    (#"{"name": "a", "running_mean": {"devices": "m", "form": "each"}}"#, "{}"),
    (#"{"name": "a", "running_mean": {"devices": "m.{}", "form": "rows"}}"#, "{}"),
    (
      #"{"name": "a", "running_mean": "m", "running_var": "v", "weight": {"devices": "w"}}"#,
      "form must be 'each'"
    ),
  ])
  func aBrokenRuleIsNamed(text: String, reason: String) throws {
    let json = try JSON(parsing: text)
    let error = #expect(throws: CheckpointError.self) { try BatchNormLayout(parsing: json) }
    #expect(error?.code == .invalidLayout)
    #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
  }
}
