import Checkpoints
import Comparison
import Synchronization
import Tensors
import Verification

/// A comparison to be made with a file before it takes its place, and its result afterwards.
final class ConversionProof: Sendable {
  /// Compares what was converted with a state dict of the written file, whose BatchNorms have these
  /// settings.
  typealias Comparison =
    @Sendable (StateDict, BatchNormSettingsPair) throws(CheckpointError) -> VerificationResult

  private let entry: EntryPath
  private let promise: ConversionPromise?
  private let source: StateDict
  private let settings: BatchNormSettingsTable
  private let tolerance: NumberComparison.Tolerance
  private let compare: Comparison
  private let found = Mutex<ProofResult?>(nil)

  /// - Parameters:
  ///   - entry: where in the file the state dict is that is compared.
  ///   - promise: what must hold of the stored numbers; nil: they are equal.
  ///   - source: what was converted.
  ///   - settings: what the file is to say of epsilon and momentum.
  init(
    _ entry: EntryPath, _ promise: ConversionPromise?, _ source: StateDict,
    _ settings: BatchNormSettingsTable,
    _ tolerance: NumberComparison.Tolerance, _ compare: @escaping Comparison
  ) {
    self.entry = entry
    self.promise = promise
    self.source = source
    self.settings = settings
    self.tolerance = tolerance
    self.compare = compare
  }

  /// nil until the comparison was made.
  var result: ProofResult? { found.withLock { $0 } }

  /// Proves the file.
  ///
  /// - Throws: `outputsDiffer`, `promiseBroken`.
  func check(_ path: String) throws(CheckpointError) {
    // A part that was converted is one still.
    let options = ReadingOptions(acceptsParts: true)
    let checkpoint = try Checkpoint.open(path, options: options)
    let written = try checkpoint.stateDict(at: entry)
    let settings = BatchNormSettingsPair(settings, checkpoint.batchNormSettings)
    let result: ProofResult
    if let promise {
      result = try check(promise, written, settings)
    } else {
      result = try checkEquality(compare(written, settings))
    }
    found.withLock { $0 = result }
  }

  private func checkEquality(
    _ outputs: VerificationResult
  ) throws(CheckpointError) -> ProofResult {
    guard !outputs.isEmpty else {
      throw CheckpointError(
        .nothingToCompare, "not written: there are no tensors, so that nothing can be proven",
        advice: "convert without --verify")
    }
    guard outputs.isEqual else {
      throw .outputsDiffer("\(outputs.text(layers: false, separator: "; "))")
    }
    return ProofResult(promise: nil, outputs: outputs)
  }

  private func check(
    _ promise: ConversionPromise, _ written: StateDict, _ settings: BatchNormSettingsPair
  ) throws(CheckpointError) -> ProofResult {
    var kept = try promise.check(source, written)
    for (name, said) in settings.a.entries where settings.b[name] != said {
      kept.broken.append(.init(name, "epsilon and momentum are not \(said)"))
    }
    if let first = kept.broken.first {
      throw CheckpointError(
        .promiseBroken, name: first.name,
        "not written: \(first.reason)"
          + (kept.broken.count > 1 ? " (and \(kept.broken.count - 1) more)" : ""),
        advice: "this is a fault of dbn-convert or of the disk: keep the input, and report it")
    }
    let outputs: VerificationResult
    do throws(CheckpointError) {
      outputs = try compare(written, settings)
    } catch  where error.code == .batchNormsDiffer {
      guard tolerance.isExact else {
        throw CheckpointError(
          .batchNormsDiffer, name: error.name,
          "\(error.reason), so that no limit can be held for the outputs",
          advice:
            "leave out --atol and --rtol: that the statistics are the rule's is proven without")
      }
      return ProofResult(promise: kept, outputs: nil, why: error.reason)
    }
    guard tolerance.isExact || outputs.outputsAreEqual else {
      throw .outputsDiffer(
        "the outputs are up to \(outputs.maxAbsolute) apart, beyond the tolerance")
    }
    return ProofResult(promise: kept, outputs: outputs)
  }
}

/// What a proof found.
struct ProofResult: Sendable {
  /// Where the conversion lost something: that the rest is as promised.
  let promise: ConversionPromise.Result?
  /// nil where the two cannot be run side by side.
  let outputs: VerificationResult?
  /// Why that is.
  var why = ""

  var text: String {
    guard let promise else { return outputs?.text(layers: false) ?? "" }
    var parts: [String] = []
    if promise.merged > 0 {
      parts.append(
        "the statistics of \(counted(promise.merged, "BatchNorm")) are those of the rule")
    }
    if promise.cast > 0 {
      parts.append("\(counted(promise.cast, "cast tensor")) hold the nearest numbers")
    }
    parts.append("\(counted(promise.kept, "other tensor")) kept to the bit")
    guard let outputs else {
      return parts.joined(separator: "; ") + "; outputs not compared: \(why)"
    }
    let scope = outputs.model ?? counted(outputs.layers.count, "BatchNorm")
    parts.append(
      outputs.maxAbsolute == 0
        ? "the outputs of \(scope) are equal"
        : "the outputs of \(scope) are up to \(outputs.maxAbsolute) apart")
    return parts.joined(separator: "; ") + " (batch of \(outputs.samples), mode eval)"
  }

  var json: JSON {
    var members = outputs?.json.members ?? []
    if let promise {
      members.append(
        .init(
          "promise",
          [
            "kept": .bool(promise.isKept), "merged": .int(promise.merged),
            "cast": .int(promise.cast), "unchanged": .int(promise.kept),
          ]))
    }
    return .object(members)
  }
}

extension CheckpointError {
  fileprivate static func outputsDiffer(_ reason: String) -> CheckpointError {
    CheckpointError(
      .outputsDiffer, "not written: \(reason)",
      advice: "say how large a difference is none with --atol and --rtol, or convert without "
        + "--verify")
  }
}

extension CheckpointError.Code {
  /// The converted model does not give the same outputs.
  static let outputsDiffer = Self("outputs-differ")
  /// A written number is not the one that the conversion promised.
  static let promiseBroken = Self("promise-broken")
}
