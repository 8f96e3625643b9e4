public import DBNComparison
public import DBNExecution
public import DBNVerification

/// The proof of a written file before it gets its name: it is read again, and compared in
/// evaluation with what was converted.
///
/// A conversion that loses something on request (merging replicas that differ, casting) can't give
/// equal outputs. Then the proof checks that every number is as promised; the difference of the
/// outputs is measured too, and limited if the tolerance is not zero.
public struct ConversionProof: Sendable {
  /// The model that is run: an architecture's name, a file with a graph, or `auto` to infer it from
  /// the weights; nil: every BatchNorm is run by itself.
  public var model: String?
  /// How much numbers may differ.
  public var tolerance: NumberComparison.Tolerance
  /// The engine that runs the model.
  public var engine: Engine
  /// The engine's options: threads, batch, epsilon.
  public var options: ExecutionOptions

  /// Whether checksums of what is compared are computed, in a further pass over all tensors.
  public var takesDigests = false

  /// A proof with the given limits; by default every BatchNorm by itself, on the reference engine,
  /// with no difference allowed.
  public init(
    model: String? = nil, tolerance: NumberComparison.Tolerance = NumberComparison.Tolerance(),
    engine: Engine = .reference, options: ExecutionOptions = ExecutionOptions()
  ) {
    self.model = model
    self.tolerance = tolerance
    self.engine = engine
    self.options = options
  }

  /// A proof that the outputs are the same: of the whole model, if one is named, else of every
  /// BatchNorm by itself.
  public static func outputs(
    of model: String? = nil,
    tolerance: NumberComparison.Tolerance = NumberComparison.Tolerance(),
    engine: Engine = .reference, options: ExecutionOptions = ExecutionOptions()
  ) -> ConversionProof {
    ConversionProof(model: model, tolerance: tolerance, engine: engine, options: options)
  }
}

/// The result of a proof.
public struct ProofResult: Sendable {
  /// If the conversion lost something: the check that every number is as promised; nil if it lost
  /// nothing and the outputs are equal.
  public let promise: ConversionPromise.Result?
  /// The comparison of outputs; nil if the two cannot be run side by side.
  public let outputs: VerificationResult?
  /// The reason why they cannot be run.
  public let whyNotRun: String
  /// The checksums of what was compared, if they were asked for.
  public internal(set) var compared: [ComparedDigests] = []

  init(
    promise: ConversionPromise.Result? = nil, outputs: VerificationResult?, whyNotRun: String = ""
  ) {
    self.promise = promise
    self.outputs = outputs
    self.whyNotRun = whyNotRun
  }
}
