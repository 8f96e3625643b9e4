import ArgumentParser
import BatchNorm
import Checkpoints
import Comparison
import Execution
import Models
import Tensors
import Verification

/// Whether a conversion is proven before its file takes its place.
struct ProofOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Prove that the written file gives the same outputs; if not, leave nothing and exit with 1.",
      discussion: """
        The finished file is read again before it takes its place, and compared with the input as \
        'verify' does, in evaluation. Where the conversion loses something that you chose \
        (--statistics, --cast), what is proven is that every number is the one that was promised, \
        and how far the outputs are apart is reported; --atol and --rtol set a limit to it.
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

  /// What proves a finished file.
  ///
  /// - Parameters:
  ///   - source: the state dict that was converted, under the names that the result has.
  ///   - checkpoint: what it is part of.
  ///   - input: the file it is from.
  ///   - place: where its result is in the written file.
  ///   - conversion: what knows which layouts the two are in; nil: they tell it.
  ///   - settings: what the written file is to say of epsilon and momentum.
  ///   - promise: what a conversion that loses something said that it would write; nil: it loses
  ///     nothing.
  /// - Returns: nil unless a proof was asked for.
  func proof(
    of source: StateDict, in checkpoint: Checkpoint, from input: String,
    writtenAt place: EntryPath, after conversion: BatchNormConversion? = nil,
    promise: ConversionPromise? = nil, settings: BatchNormSettingsTable
  ) -> ConversionProof? {
    guard verify else { return nil }
    return ConversionProof(place, promise, source, settings, tolerance.tolerance) {
      written, settings throws(CheckpointError) in
      guard let name = model else {
        var verification = BatchNormVerification()
        verification.tolerance = tolerance.tolerance
        verification.settings = settings
        if let known = conversion?.known { verification.known = (known.before, known.after) }
        return try verification.compare(source, written)
      }
      let model = try ModelSource.model(
        named: name, weights: source, in: checkpoint, from: input)
      var verification = ModelVerification(
        model.graph, engine: engine.engine, options: engine.options)
      verification.tolerance = tolerance.tolerance
      verification.settings = settings
      return try verification.compare(
        model.tensors(with: source), model.tensors(with: written))
    }
  }
}
