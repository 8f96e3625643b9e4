import ArgumentParser
import DBNComparison
import DBNConversions

/// Whether a conversion is proven before its file gets its name.
struct ProofOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Prove that the written file gives the same outputs; if not, write nothing and exit with 1.",
      discussion: """
        The finished file is read again before it gets its name, and compared with the input as \
        'verify' does, in evaluation mode. If the conversion changes numbers as you chose \
        (--statistics, --cast), the proof is that every number is the promised one; how far apart \
        the outputs are is reported, and --atol and --rtol set a limit for it.
        """))
  var verify = false

  @Option(
    help: ArgumentHelp(
      "Prove it by running this model: an architecture, or 'auto' to infer it.",
      valueName: "model"), completion: .file())
  var model: String?

  @OptionGroup var tolerance: ToleranceOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var certificate: CertificateOption

  func validate() throws {
    guard verify || (model == nil && tolerance.tolerance.isExact && certificate.path == nil) else {
      throw ValidationError("--model, --atol, --rtol and --certificate need --verify.")
    }
  }

  /// The requested proof; nil for none.
  var proof: ConversionProof? {
    guard verify else { return nil }
    var proof = ConversionProof.outputs(
      of: model, tolerance: tolerance.tolerance, engine: engine.engine, options: engine.options)
    proof.takesDigests = certificate.path != nil
    return proof
  }
}
