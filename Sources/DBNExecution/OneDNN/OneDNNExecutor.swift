import DBNBatchNorm
public import DBNModels
public import DBNTensors
import Synchronization

/// Runs a graph in Float32 with oneDNN.
///
/// Kernels are chosen, weights reordered and memory laid out once for each input shape; nodes are
/// fused where that saves passes over memory. Operations that oneDNN does not cover are computed
/// by the reference's kernels.
public struct OneDNNExecutor: Executor {
  /// The graph that it runs.
  public let graph: Graph
  /// The BatchNorms by module name, with their current running statistics.
  public private(set) var batchNorms: [String: BatchNormModule]
  private let options: ExecutionOptions
  private let weights: WeightStore
  private let plans = PlanCache()
  /// The version of the running statistics.
  private var version = 0

  /// Binds the graph to the tensors of a state dict, whose BatchNorms may be in any layout.
  ///
  /// - Throws: `engineUnavailable` if oneDNN's library can't be loaded; `missingOperand` for a missing
  ///   tensor; `unsupportedScalarType` for float64, unless the options allow rounding.
  public init(
    _ graph: Graph, _ stateDict: StateDict, options: ExecutionOptions = ExecutionOptions()
  ) throws(CheckpointError) {
    try OneDNNLibrary.load()
    self.graph = graph
    self.options = options
    weights = try WeightStore(graph, stateDict, roundsToFloat32: options.roundsToFloat32)
    batchNorms = try graph.batchNorms(in: stateDict, layouts: options.layouts)
    if !options.roundsToFloat32 { try requireFloat32(stateDict) }
  }

  private func requireFloat32(_ stateDict: StateDict) throws(CheckpointError) {
    for (name, module) in batchNorms.sorted(by: { $0.key < $1.key }) {
      for quantity in BatchNormQuantity.allCases where !quantity.isCounter {
        for last in module.layout.tensors[quantity].map({ [$0.shared, $0.devices?.key] }) ?? [] {
          guard let last else { continue }
          let key = name.isEmpty ? last : "\(name).\(last)"
          try stateDict[key]?.requireFloat32(named: key)
        }
      }
    }
  }

  /// Runs one forward pass; see `Executor`.
  public mutating func run(
    _ inputs: [String: DenseArray], mode: ExecutionMode?
  ) throws(CheckpointError) -> [DenseArray] {
    let purpose = PlanBuilder.Purpose(
      mode: mode, fuses: true,
      foldsBatchNorm: options.foldsBatchNorm && mode != .training)
    let pass = try OneDNNPass(self, inputs, purpose)
    while try pass.advance() != nil {}
    let outputs = try pass.outputs()
    if graph.trains(given: mode) {
      batchNorms = pass.batchNorms
      version = Self.nextVersion()
    }
    return outputs
  }

  /// Starts a forward pass without fusing nodes; see `Executor`.
  public func start(
    _ inputs: [String: DenseArray], mode: ExecutionMode?
  ) throws(CheckpointError) -> any ForwardPass {
    let purpose = PlanBuilder.Purpose(mode: mode, fuses: false, foldsBatchNorm: false)
    return try OneDNNPass(self, inputs, purpose)
  }

  /// A unique version, so that copies of an executor share plans until their statistics diverge.
  private static func nextVersion() -> Int {
    versions.add(1, ordering: .relaxed).newValue
  }

  private static let versions = Atomic(0)

  /// Takes a plan for the inputs from the cache or makes one, after checking the inputs.
  fileprivate func plan(
    for inputs: [String: DenseArray], _ purpose: PlanBuilder.Purpose
  ) throws(CheckpointError) -> (plan: Plan, giveBack: () -> Void) {
    let shapes = inputs.mapValues(\.shape)
    let key = PlanCache.Key(
      inputs: shapes, purpose: purpose, version: purpose.mode == .training ? 0 : version)
    let plan = try plans.take(key) { () throws(CheckpointError) in
      var builder = try PlanBuilder(graph, weights, batchNorms, inputs: shapes, purpose)
      return try builder.plan()
    }
    return (plan, { [plans] in plans.giveBack(plan, key) })
  }

  fileprivate func check(_ inputs: [String: DenseArray]) throws(CheckpointError) {
    for input in graph.inputs {
      guard let array = inputs[input.name] else { continue }
      do throws(CheckpointError) {
        try array.requireFloat32(rounding: options.roundsToFloat32)
      } catch {
        throw error.with(name: input.name)
      }
    }
  }

  fileprivate var threads: Int? { options.threads }

  /// The kernels that a run in evaluation uses, in order, by oneDNN's names: `convolution`,
  /// `jit:avx512_core`; `reference` and the operation's name if oneDNN has none.
  package func kernels(
    for inputs: [String: [Int]]
  ) throws(CheckpointError) -> [(operation: String, implementation: String)] {
    let purpose = PlanBuilder.Purpose(
      mode: .evaluation, fuses: true, foldsBatchNorm: options.foldsBatchNorm)
    return try Threads.with(options.threads) { () throws(CheckpointError) in
      var builder = try PlanBuilder(graph, weights, batchNorms, inputs: inputs, purpose)
      return try builder.plan().kernels
    }
  }
}

/// A forward pass of the oneDNN engine, which has exclusive use of a plan until it ends.
final class OneDNNPass: ForwardPass {
  private(set) var batchNorms: [String: BatchNormModule]
  private let plan: Plan
  private let giveBack: () -> Void
  private let threads: Int?
  /// The index of the next stage.
  private var stageIndex = 0

  init(
    _ executor: OneDNNExecutor, _ inputs: [String: DenseArray], _ purpose: PlanBuilder.Purpose
  ) throws(CheckpointError) {
    try executor.check(inputs)
    let (plan, giveBack) = try Threads.with(executor.threads) { () throws(CheckpointError) in
      try executor.plan(for: inputs, purpose)
    }
    plan.load(inputs)
    self.plan = plan
    self.giveBack = giveBack
    batchNorms = executor.batchNorms
    threads = executor.threads
  }

  deinit { giveBack() }

  /// Runs the next stage.
  func advance() throws(CheckpointError) -> Plan.Stage? {
    guard stageIndex < plan.stages.count else { return nil }
    let stage = plan.stages[stageIndex]
    stageIndex += 1
    try Threads.with(threads) { () throws(CheckpointError) in
      try plan.run(stage, &batchNorms)
    }
    return stage
  }

  func next() throws(CheckpointError) -> Layer? {
    guard let stage = try advance() else { return nil }
    return Layer(node: stage.node, outputs: try plan.results(of: stage))
  }

  func outputs() throws(CheckpointError) -> [DenseArray] {
    try Threads.with(threads) { () throws(CheckpointError) in try plan.readOutputs() }
  }
}

extension DenseArray {
  /// - Throws: `unsupportedScalarType` unless each number is a float32 or may be rounded to one;
  ///   `notFinite`.
  fileprivate func requireFloat32(rounding: Bool) throws(CheckpointError) {
    for (index, value) in values.enumerated() {
      let rounded = Float(value)
      if Double(rounded) == value, rounded.isFinite { continue }
      guard rounded.isFinite else { throw .notFinite("element \(index) is \(value)") }
      guard rounding else {
        throw CheckpointError(
          .unsupportedScalarType,
          "the oneDNN engine computes in float32, and would round element \(index), \(value)",
          advice: "use the reference engine (\(.referenceEngine)), or give the input in float32")
      }
    }
  }
}
