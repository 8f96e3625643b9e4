import DBNBatchNorm
import DBNExecution
public import DBNModels
public import DBNTensors

/// Compares the models of two checkpoints: every state dict that both have, or only one of them.
///
/// Parts that are not compared (optimizers, other values, a model that only one file has) are
/// listed in the result's `scope`.
public struct CheckpointVerification: Sendable {
  /// How state dicts are compared if no model is run with them.
  public var batchNorms = BatchNormVerification()
  /// The model that is run with the main state dicts, and how; the graph is that of `model`.
  public var model: (verification: ModelVerification, model: Checkpoint.Model)?
  /// The only state dict to compare; nil for all.
  public var entry: EntryPath?

  /// Epsilon and momentum for all BatchNorms of both, overriding the files' values.
  public var overriding = BatchNormSettings()
  /// The first-device BatchNorms of both files, for a model in training; nil: as their histories say.
  public var firstDevice: BatchNormStatement.FirstDevice?
  /// Whether the files' histories count where `firstDevice` is nil.
  public var usesHistory = true
  /// Whether the programs in the files are compared; false if `model` is another program.
  public var comparesPrograms = true
  /// The mode in which the programs in the files are compared; nil for each program's own.
  public var programMode: ExecutionMode?

  /// Whether checksums of what is compared are computed, in a further pass over all tensors.
  public var takesDigests = false

  /// Makes a verification of each BatchNorm separately, in evaluation, to the last bit.
  public init() {}

  /// - Throws: `nothingToCompare` when the two have no comparable tensor in common; errors of the
  ///   comparisons of state dicts.
  public func compare(
    _ a: Checkpoint, _ b: Checkpoint
  ) throws(CheckpointError) -> VerificationResult {
    let stated = BatchNormSettingsPair(a.allBatchNormSettings, b.allBatchNormSettings)
    var result = try taking(stated).compareModels(a, b)
    result.add(ProgramComparison(a, b, mode: programMode), isCompared: comparesPrograms)
    if stated.contradicts(in: overriding) {
      result.notes.append(
        "the files state different settings of BatchNorms; the given ones were used for both: "
          + "\(overriding)")
    }
    return result
  }

  /// This verification with the files' epsilon and momentum, where they are not overridden.
  private func taking(_ stated: BatchNormSettingsPair) -> CheckpointVerification {
    let settings = BatchNormSettingsPair(
      stated.a.overridden(by: overriding), stated.b.overridden(by: overriding))
    var result = self
    result.batchNorms.settings = settings
    result.batchNorms.options = BatchNormModule.Options(overriding, default: batchNorms.options)
    guard let graph = result.model?.verification.graph else { return result }
    result.model?.verification.settings = settings
    result.model?.verification.graph = graph.overridden(by: overriding)
    return result
  }

  private func compareModels(
    _ a: Checkpoint, _ b: Checkpoint
  ) throws(CheckpointError) -> VerificationResult {
    let scope = try VerificationScope(a, b, entry: entry)
    let main = try a.model(at: scope.pairs[0].a)
    let other = try b.model(at: scope.pairs[0].b)
    var result = try stating(a, main, b, other).compare(main, other, isMain: true)
    for pair in scope.pairs.dropFirst() {
      let stateDict = try a.model(at: pair.a)
      let isSameModel = Set(stateDict.names) == Set(main.names)
      do throws(CheckpointError) {
        let other = try compare(stateDict, b.model(at: pair.b), isMain: isSameModel)
        result.add(other, named: "\(pair.a)")
      } catch {
        throw error.with(name: "\(pair.a)")
      }
    }
    guard !result.isEmpty else {
      throw CheckpointError(
        .nothingToCompare, "what was compared holds no tensors, so there is no verdict",
        advice: "compare everything that the files hold with \(.difference)")
    }
    result.scope = scope
    if takesDigests {
      result.digests = try scope.pairs.map { pair throws(CheckpointError) in
        try ComparedDigests(a.model(at: pair.a), at: pair.a, b.model(at: pair.b), at: pair.b)
      }
    }
    result.healthOfFirst = try health(a, scope.pairs.map(\.a))
    result.healthOfSecond = try health(b, scope.pairs.map(\.b))
    return result
  }

  /// This verification with the first-device BatchNorms of the two files.
  private func stating(
    _ a: Checkpoint, _ mainOfA: StateDict, _ b: Checkpoint, _ mainOfB: StateDict
  ) -> CheckpointVerification {
    var statement = BatchNormStatement()
    (statement.firstDevice, statement.usesHistory) = (firstDevice, usesHistory)
    var result = self
    result.model?.verification.firstDevice = (
      statement.firstDevice(of: a, mainOfA), statement.firstDevice(of: b, mainOfB)
    )
    return result
  }

  private func health(
    _ checkpoint: Checkpoint, _ entries: [EntryPath]
  ) throws(CheckpointError) -> BatchNormHealth {
    var health = BatchNormHealth()
    for entry in entries {
      let stateDict = try checkpoint.model(at: entry)
      let sites = BatchNormSurvey(stateDict, layouts: batchNorms.layouts).sites
      var own = BatchNormHealth(of: sites, in: stateDict)
      if entry != entries.first { own.prefixNames(with: "\(entry)/") }
      health.formUnion(own)
    }
    return health
  }

  private func compare(
    _ a: StateDict, _ b: StateDict, isMain: Bool
  ) throws(CheckpointError) -> VerificationResult {
    guard isMain, let (verification, model) = model else { return try batchNorms.compare(a, b) }
    return try verification.compare(model.tensors(with: a), model.tensors(with: b))
  }
}
