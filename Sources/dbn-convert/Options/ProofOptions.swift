import ArgumentParser
import BatchNorm
import Checkpoints
import Execution
import Models
import Synchronization
import Tensors
import Verification

/// Whether a conversion is proven before its file takes its place.
struct ProofOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Prove that the written file gives the same outputs; if not, leave nothing and exit with 1.",
      discussion: """
        The finished file is read again before it takes its place, and held against the input as \
        'verify' does, in evaluation.
        """))
  var verify = false

  @Option(
    help: ArgumentHelp(
      "Prove it by running this model: an architecture, or 'auto' for what the weights tell.",
      valueName: "model"))
  var model: String?

  @OptionGroup var tolerance: ToleranceOptions
  @OptionGroup var engine: EngineOptions

  func validate() throws {
    guard verify || (model == nil && tolerance.tolerance.isExact) else {
      throw ValidationError("--model, --atol and --rtol belong to --verify.")
    }
  }

  /// What compares a state dict with the one that a finished file has.
  ///
  /// - Parameters:
  ///   - source: the state dict that was converted.
  ///   - checkpoint: what it is part of.
  ///   - input: the file it is from.
  ///   - place: where its result is in the written file.
  ///   - conversion: what knows which layouts the two are in; nil: they tell it.
  /// - Returns: nil unless a proof was asked for.
  func proof(
    of source: StateDict, in checkpoint: Checkpoint, from input: String,
    writtenAt place: EntryPath, after conversion: BatchNormConversion? = nil
  ) -> ConversionProof? {
    guard verify else { return nil }
    let known = conversion?.known
    return ConversionProof(place) { written throws(CheckpointError) in
      guard let model else {
        var verification = BatchNormVerification()
        verification.tolerance = tolerance.tolerance
        if let known { verification.known = (known.before, known.after) }
        return try verification.compare(source, written)
      }
      let found = try ModelSource.model(
        named: model, weights: source, in: checkpoint, from: input)
      var verification = ModelVerification(
        found.graph, engine: engine.engine, options: engine.options)
      verification.tolerance = tolerance.tolerance
      return try verification.compare(
        found.tensors(with: source), found.tensors(with: written))
    }
  }
}

/// A comparison to be made with a file before it takes its place, and its result afterwards.
final class ConversionProof: Sendable {
  private let entry: EntryPath
  private let compare: @Sendable (StateDict) throws(CheckpointError) -> VerificationResult
  private let found = Mutex<VerificationResult?>(nil)

  /// - Parameter entry: where in the file the state dict is that is compared.
  init(
    _ entry: EntryPath,
    _ compare: @escaping @Sendable (StateDict) throws(CheckpointError) -> VerificationResult
  ) {
    self.entry = entry
    self.compare = compare
  }

  /// nil until the comparison was made.
  var result: VerificationResult? { found.withLock { $0 } }

  /// Compares with the file's state dict.
  ///
  /// - Throws: `outputsDiffer`.
  func check(_ path: String) throws(CheckpointError) {
    // A part that was converted is one still.
    let written = try Checkpoint.open(path, options: ReadingOptions(acceptsParts: true))
    let result = try compare(written.stateDict(at: entry))
    found.withLock { $0 = result }
    guard result.isEqual else {
      throw CheckpointError(
        .outputsDiffer, "not written: \(result.text(layers: false, separator: "; "))",
        advice: "say how large a difference is none with --atol and --rtol, or convert without "
          + "--verify")
    }
  }
}

extension CheckpointError.Code {
  /// The converted model does not give the same outputs.
  static let outputsDiffer = Self("outputs-differ")
}
