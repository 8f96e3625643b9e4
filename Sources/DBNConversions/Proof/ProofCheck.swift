import DBNBatchNorm
import DBNCheckpoints
import DBNComparison
import DBNModels
import DBNTensors
import DBNVerification

/// Compares a finished file before it gets its name.
struct ProofCheck {
  private let proof: ConversionProof
  private let basis: ProofBasis
  /// What the written file leaves out, which is not compared.
  private let leftOut: [ConversionReport.Item]
  /// The file that was converted.
  private let source: Conversion
  /// What errors say first: that the file was not written, if it has no name yet.
  private let consequence: String

  init(
    _ proof: ConversionProof, _ basis: ProofBasis, without leftOut: [ConversionReport.Item],
    of source: Conversion, isWritten: Bool = false
  ) {
    consequence = isWritten ? "" : "not written: "
    self.proof = proof
    self.basis = basis
    self.leftOut = leftOut
    self.source = source
  }

  /// Proves the file at a path.
  ///
  /// - Parameter output: the name that the file will have.
  /// - Throws: `outputsDiffer`, `promiseBroken`.
  func result(_ path: String, of output: String) throws(CheckpointError) -> ProofResult {
    do throws(CheckpointError) {
      let checkpoint = try Checkpoint.open(path, options: .justWritten)
      let written = try checkpoint.stateDict(at: basis.entry)
      let basis = basis.without(leftOut, in: written)
      let settings = BatchNormSettingsPair(basis.settings, checkpoint.batchNormSettings)
      var result: ProofResult
      if let promise = basis.promise {
        result = try check(promise, basis, written, settings)
      } else {
        result = try checkEquality(compare(basis, written, settings))
      }
      if proof.takesDigests {
        let entry = try source.findStateDict().entry
        result.compared = [
          try ComparedDigests(basis.stateDict, at: entry, written, at: basis.entry)
        ]
      }
      return result
    } catch {
      // The file's temporary path means nothing to the user.
      var error = error
      if error.path == path { error.path = output }
      throw error.with(path: output)
    }
  }

  private func compare(
    _ basis: ProofBasis, _ written: StateDict, _ settings: BatchNormSettingsPair
  ) throws(CheckpointError) -> VerificationResult {
    guard let name = proof.model else {
      var verification = BatchNormVerification()
      verification.tolerance = proof.tolerance
      verification.settings = settings
      if let known = basis.known { verification.known = (known.before, known.after) }
      return try verification.compare(basis.stateDict, written)
    }
    let model = try Checkpoint.Model(
      named: name, for: basis.stateDict, in: source.checkpoint, from: source.path,
      reading: source.readingOptions)
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
        .nothingToCompare, "\(consequence)there are no tensors, so nothing can be proven",
        advice: "\(.noProof)")
    }
    guard outputs.isEqual else {
      throw outputsDiffer(outputs.text(listsLayers: false, separator: "; "))
    }
    return ProofResult(outputs: outputs)
  }

  private func check(
    _ promise: ConversionPromise, _ basis: ProofBasis, _ written: StateDict,
    _ settings: BatchNormSettingsPair
  ) throws(CheckpointError) -> ProofResult {
    var kept = try promise.check(basis.stateDict, written)
    for (name, expected) in settings.a.entries where settings.b[name] != expected {
      kept.broken.append(.init(name, "its settings are not \(expected)"))
    }
    if let first = kept.broken.first {
      throw CheckpointError(
        .promiseBroken, name: first.name,
        "\(consequence)\(first.reason)"
          + (kept.broken.count > 1 ? " (and \(kept.broken.count - 1) more)" : ""),
        advice: "keep the input and report this: it is a bug in dbn-convert or a disk fault")
    }
    let outputs: VerificationResult
    do throws(CheckpointError) {
      outputs = try compare(basis, written, settings)
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
      throw outputsDiffer(
        "the outputs are up to \(outputs.maxAbsolute.brief) apart, beyond the tolerance")
    }
    return ProofResult(promise: kept, outputs: outputs)
  }

  private func outputsDiffer(_ reason: String) -> CheckpointError {
    CheckpointError(
      .outputsDiffer, "\(consequence)\(reason)",
      advice: "\(.allowingDifferences), or \(.noProof)")
  }
}

extension CheckpointError.Code {
  /// The converted model does not give the same outputs.
  public static let outputsDiffer = Self("outputs-differ")
  /// A written number is not the one that the conversion promised.
  public static let promiseBroken = Self("promise-broken")
}
