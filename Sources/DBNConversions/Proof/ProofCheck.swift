import DBNBatchNorm
import DBNCheckpoints
import DBNComparison
import DBNModels
public import DBNTensors
import DBNVerification
import Synchronization

/// Compares a finished file before it gets its name, and holds the result afterwards.
final class ProofCheck: Sendable {
  private let proof: ConversionProof
  private let basis: ProofBasis
  /// The file that was converted.
  private let source: Conversion
  private let found = Mutex<ProofResult?>(nil)

  init(_ proof: ConversionProof, _ basis: ProofBasis, of source: Conversion) {
    self.proof = proof
    self.basis = basis
    self.source = source
  }

  /// The result; nil before the comparison.
  var result: ProofResult? { found.withLock { $0 } }

  /// The proof of a file that will have the name `output`.
  ///
  /// - Parameter other: a proof that runs first.
  func proof(of output: String, after other: WritingOptions.Proof?) -> WritingOptions.Proof {
    { path throws(CheckpointError) in
      try other?(path)
      do throws(CheckpointError) {
        try self.check(path)
      } catch {
        // The file's temporary path means nothing to the user.
        var error = error
        if error.path == path { error.path = output }
        throw error
      }
    }
  }

  /// Proves the file.
  ///
  /// - Throws: `outputsDiffer`, `promiseBroken`.
  private func check(_ path: String) throws(CheckpointError) {
    let checkpoint = try Checkpoint.open(path, options: .justWritten)
    let written = try checkpoint.stateDict(at: basis.entry)
    let settings = BatchNormSettingsPair(basis.settings, checkpoint.batchNormSettings)
    let result: ProofResult
    if let promise = basis.promise {
      result = try check(promise, written, settings)
    } else {
      result = try checkEquality(compare(written, settings))
    }
    found.withLock { $0 = result }
  }

  private func compare(
    _ written: StateDict, _ settings: BatchNormSettingsPair
  ) throws(CheckpointError) -> VerificationResult {
    guard let name = proof.model else {
      var verification = BatchNormVerification()
      verification.tolerance = proof.tolerance
      verification.settings = settings
      if let known = basis.known { verification.known = (known.before, known.after) }
      return try verification.compare(basis.stateDict, written)
    }
    let model = try Checkpoint.Model(
      named: name, for: basis.stateDict, in: source.checkpoint, from: source.path)
    var verification = ModelVerification(
      model.graph, engine: proof.engine, options: proof.options)
    verification.tolerance = proof.tolerance
    verification.settings = settings
    return try verification.compare(
      model.tensors(with: basis.stateDict), model.tensors(with: written))
  }

  private func checkEquality(
    _ outputs: VerificationResult
  ) throws(CheckpointError) -> ProofResult {
    guard !outputs.isEmpty else {
      throw CheckpointError(
        .nothingToCompare, "not written: there are no tensors, so nothing can be proven",
        advice: "\(.noProof)")
    }
    guard outputs.isEqual else {
      throw .outputsDiffer(outputs.text(listsLayers: false, separator: "; "))
    }
    return ProofResult(outputs: outputs)
  }

  private func check(
    _ promise: ConversionPromise, _ written: StateDict, _ settings: BatchNormSettingsPair
  ) throws(CheckpointError) -> ProofResult {
    var kept = try promise.check(basis.stateDict, written)
    for (name, expected) in settings.a.entries where settings.b[name] != expected {
      kept.broken.append(.init(name, "its settings are not \(expected)"))
    }
    if let first = kept.broken.first {
      throw CheckpointError(
        .promiseBroken, name: first.name,
        "not written: \(first.reason)"
          + (kept.broken.count > 1 ? " (and \(kept.broken.count - 1) more)" : ""),
        advice: "keep the input and report this: it is a bug in dbn-convert or a disk fault")
    }
    let outputs: VerificationResult
    do throws(CheckpointError) {
      outputs = try compare(written, settings)
    } catch  where error.code == .batchNormsDiffer {
      guard proof.tolerance.isExact else {
        throw CheckpointError(
          .batchNormsDiffer, name: error.name,
          "\(error.reason), so the outputs cannot be compared with the tolerance",
          advice: "leave out \(.tolerance): the statistics are still proven")
      }
      return ProofResult(promise: kept, outputs: nil, whyNotRun: error.reason)
    }
    guard proof.tolerance.isExact || outputs.outputsAreEqual else {
      throw .outputsDiffer(
        "the outputs are up to \(outputs.maxAbsolute) apart, beyond the tolerance")
    }
    return ProofResult(promise: kept, outputs: outputs)
  }
}

extension CheckpointError {
  fileprivate static func outputsDiffer(_ reason: String) -> CheckpointError {
    CheckpointError(
      .outputsDiffer, "not written: \(reason)",
      advice: "\(.allowingDifferences), or \(.noProof)")
  }
}

extension CheckpointError.Code {
  /// The converted model does not give the same outputs.
  public static let outputsDiffer = Self("outputs-differ")
  /// A written number is not the one that the conversion promised.
  public static let promiseBroken = Self("promise-broken")
}
