import ArgumentParser
import DBNComparison
import DBNConversions

/// Whether a conversion is proven before its file gets its name.
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

  /// The requested proof; nil for none.
  var proof: ConversionProof? {
    verify
      ? .outputs(
        of: model, tolerance: tolerance.tolerance, engine: engine.engine, options: engine.options)
      : nil
  }
}
