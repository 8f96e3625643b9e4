public import DBNComparison
public import DBNExecution
public import DBNVerification

/// How a written file is proven before it takes its name: it is read again, and compared with what
/// was converted, in evaluation.
///
/// A conversion that loses something that was asked for (merging replicas that differ, casting) can't
/// give equal outputs. Then what is proven is that every number is the one that was promised; how far
/// the outputs are apart is found too, and is limited by a tolerance other than zero.
public struct ConversionProof: Sendable {
  /// The model that is run: an architecture's name, a file with a graph, or `auto` for what the
  /// weights tell; nil: every BatchNorm is run by itself.
  public var model: String?
  /// How far numbers may be apart.
  public var tolerance: NumberComparison.Tolerance
  /// What runs the model.
  public var engine: Engine
  /// How the engine runs: threads, batch, epsilon.
  public var options: ExecutionOptions

  /// A proof with the given limits; by default every BatchNorm by itself, on the reference engine, and
  /// no difference allowed.
  public init(
    model: String? = nil, tolerance: NumberComparison.Tolerance = NumberComparison.Tolerance(),
    engine: Engine = .reference, options: ExecutionOptions = ExecutionOptions()
  ) {
    self.model = model
    self.tolerance = tolerance
    self.engine = engine
    self.options = options
  }

  /// That the outputs are the same: of the whole model, if one is named, else of every BatchNorm by
  /// itself.
  public static func outputs(
    of model: String? = nil,
    tolerance: NumberComparison.Tolerance = NumberComparison.Tolerance(),
    engine: Engine = .reference, options: ExecutionOptions = ExecutionOptions()
  ) -> ConversionProof {
    ConversionProof(model: model, tolerance: tolerance, engine: engine, options: options)
  }
}

/// What a proof found.
public struct ProofResult: Sendable {
  /// Where the conversion lost something: that every number is as promised; nil where it lost
  /// nothing, and the outputs are equal.
  public let promise: ConversionPromise.Result?
  /// nil where the two cannot be run side by side.
  public let outputs: VerificationResult?
  /// Why that is.
  public let whyNotRun: String

  init(
    promise: ConversionPromise.Result? = nil, outputs: VerificationResult?, whyNotRun: String = ""
  ) {
    self.promise = promise
    self.outputs = outputs
    self.whyNotRun = whyNotRun
  }
}
