import DBNBatchNorm
import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import DBNVerification
import Testing

/// Models whose BatchNorms are in Keras' layouts, Paddle's, or a user's own, on every engine: they
/// run, verify and are recalibrated as in PyTorch's layouts.
struct OtherLayoutTests {
  struct Example: Sendable, CustomTestStringConvertible {
    let layout: BatchNormLayout
    /// V of a replicated BatchNorm that keeps the same; nil: a standard one does.
    let worldSize: Int?

    var testDescription: String { layout.name }

    /// The layout of PyTorch's with the same devices and samples.
    var counterpart: BatchNormLayout { worldSize == nil ? .standard : .replicated }
  }

  private static func own(_ text: String) throws -> BatchNormLayout {
    try BatchNormLayout(parsing: JSON(parsing: text))
  }

  static func examples() throws -> [Example] {
    [
      .init(layout: .keras, worldSize: nil), .init(layout: .keras2, worldSize: nil),
      .init(layout: .kerasVariables, worldSize: nil), .init(layout: .paddle, worldSize: nil),
      .init(
        layout: try own(
          """
          {"name": "one", "weight": "scale", "bias": "shift", "running_mean": "stats.mean",
           "running_var": "stats.variance", "num_batches_tracked": "steps"}
          """), worldSize: nil),
      .init(
        layout: try own(
          """
          {"name": "rows", "weight": "scale", "bias": "shift",
           "running_mean": {"devices": "mean", "form": "rows"},
           "running_var": {"devices": "variance", "form": "rows"},
           "num_batches_tracked": {"devices": "steps", "form": "rows"}, "evaluation": "row"}
          """), worldSize: 3),
      .init(
        layout: try own(
          """
          {"name": "joined", "weight": "scale", "bias": "shift",
           "running_mean": {"devices": "mean", "form": "joined"},
           "running_var": {"devices": "variance", "form": "joined"},
           "num_batches_tracked": "steps", "evaluation": "row"}
          """), worldSize: 3),
      .init(
        layout: try own(
          """
          {"name": "each", "weight": "scale", "bias": "shift",
           "running_mean": {"shared": "mean", "devices": "more.{}.mean", "form": "each"},
           "running_var": {"shared": "variance", "devices": "more.{}.variance", "form": "each"},
           "num_batches_tracked": "steps", "evaluation": "row"}
          """), worldSize: 3),
    ]
  }

  static let engines = Engine.allCases.filter(\.isAvailable)

  private let graph = Graph.batchNorm(features: 2)
  private let inputs: [String: DenseArray]

  init() throws {
    let values = (0..<24).map { Double($0 * $0 % 17) / 4 - 1 }
    inputs = ["x": try DenseArray(shape: [12, 2], values: values)]
  }

  /// The same BatchNorm in PyTorch's layout and in the example's.
  private func pair(_ example: Example) throws -> (plain: StateDict, other: StateDict) {
    let rows = example.worldSize ?? 1
    let plain = try StateDict.batchNorm(
      means: (0..<rows).map { [0.5 + Double($0), -3] },
      variances: (0..<rows).map { [2, 0.125 + Double($0)] },
      counters: example.layout.tensors[.numBatchesTracked].map { _ in (0..<rows).map { _ in 7 } })
    return (plain, try plain.converting(to: example.layout).stateDict)
  }

  /// A state dict of the example's in PyTorch's layout again.
  private func back(_ stateDict: StateDict, _ example: Example) throws -> StateDict {
    try stateDict.converting(
      to: example.counterpart, reading: .init(example.layout, worldSize: example.worldSize)
    ).stateDict
  }

  private func options(_ example: Example) -> ExecutionOptions {
    ExecutionOptions(layouts: [example.layout])
  }

  private func expectSameStatistics(_ found: StateDict, _ expected: StateDict) throws {
    for quantity in ["running_mean", "running_var", "weight", "bias"] {
      let (found, expected) = (found["bn.\(quantity)"], expected["bn.\(quantity)"])
      #expect(try #require(found).doubles() == #require(expected).doubles(), "\(quantity)")
    }
  }

  @Test(arguments: try examples(), engines)
  func theyRunAndKeepWhatTrainingMoved(example: Example, engine: Engine) throws {
    let (plain, other) = try pair(example)
    for mode in ExecutionMode.allCases {
      var first = try engine.executor(graph, plain)
      var second = try engine.executor(graph, other, options: options(example))
      #expect(try first.run(inputs, mode: mode) == second.run(inputs, mode: mode))
      let moved = try second.stateDict(updating: other)
      #expect(moved.names == other.names)
      try expectSameStatistics(back(moved, example), first.stateDict(updating: plain))
    }
    #expect(
      try engine.executor(graph, other, options: options(example))
        .batchNorms["bn"]?.layout.name == example.layout.name)
  }

  @Test(arguments: try examples(), engines)
  func theyVerifyAgainstPyTorchsLayout(example: Example, engine: Engine) throws {
    let (plain, other) = try pair(example)
    var verification = ModelVerification(graph, engine: engine, options: options(example))
    for mode in ExecutionMode.allCases {
      verification.mode = mode
      let result = try verification.compare(plain, other)
      #expect(result.isEqual && result.layers.count == 1, "\(result)")
    }
    var changed = other
    let key = "bn." + (example.layout.tensors[.weight]?.shared ?? "")
    changed[key] = try .float32([1, 1.5])
    #expect(try !verification.compare(plain, changed).isEqual)
  }

  @Test(arguments: try examples(), engines)
  func theyAreRecalibrated(example: Example, engine: Engine) throws {
    let (plain, other) = try pair(example)
    let samples = try SampleData(
      (0..<12).map { index -> [Double] in [Double(index * index % 7), 1000 + Double(index % 5)] })
    var recalibration = Recalibration(graph, engine: engine, options: options(example))
    recalibration.batch = 6
    let (first, second) = (
      try recalibration.run(plain, on: samples), try recalibration.run(other, on: samples)
    )
    #expect(second.stateDict.names == other.names)
    #expect(second.layers.map(\.worldSize) == first.layers.map(\.worldSize))
    try expectSameStatistics(back(second.stateDict, example), first.stateDict)
    if let counter = example.layout.tensors[.numBatchesTracked] {
      let key = "bn." + (counter.shared ?? counter.devices?.key ?? "")
      #expect(try second.stateDict[key]?.doubles().allSatisfy { $0 == 2 } == true)
    }
  }
}
