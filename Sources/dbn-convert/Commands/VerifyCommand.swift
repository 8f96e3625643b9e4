public import ArgumentParser
import Checkpoints
import Execution
import Tensors
public import Verification

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Prove that two checkpoints give the same outputs, or show where they differ.",
    discussion: """
      Every BatchNorm is run by itself, in Float64, on inputs drawn from its own statistics; all \
      other tensors must have equal bytes. In training mode a distributed checkpoint is held \
      against a standard one that is run on each device's slice alone: the outputs of slice i and \
      row i of the updated buffers must be equal. Exit status 0: equal; 1: different.
      """)

  @Argument(help: "The first checkpoint.")
  var a: String

  @Argument(help: "The second checkpoint, of the same model.")
  var b: String

  @Option(help: "Whether BatchNorm uses running statistics (eval) or the batch's own (train).")
  var mode = VerificationMode.evaluation

  @Option(
    help: ArgumentHelp(
      "Samples in the mini-batch; by default two for each device, at least 8.", valueName: "N"))
  var batch: Int?

  @Option(help: "What is added to variances; checkpoints do not say it.")
  var eps = 1e-5

  @Option(help: "How far running statistics move in training; checkpoints do not say it.")
  var momentum = 0.1

  @Flag(help: "List every layer.")
  var layers = false

  @OptionGroup var tolerance: ToleranceOptions
  @OptionGroup var entry: EntryOption
  @OptionGroup var options: OutputOptions

  func validate() throws {
    guard (1...BatchNormVerification.samplesLimit).contains(batch ?? 1) else {
      throw ValidationError("--batch is from 1 to \(BatchNormVerification.samplesLimit).")
    }
    // Others make every output NaN, and all NaNs are equal.
    guard eps >= 0, eps.isFinite else { throw ValidationError("--eps is 0 or more.") }
    guard (0...1).contains(momentum) else { throw ValidationError("--momentum is from 0 to 1.") }
  }

  func run() throws {
    let (checkpointA, checkpointB) = (try Checkpoint.open(a), try Checkpoint.open(b))
    var verification = BatchNormVerification()
    verification.mode = mode
    verification.samples = batch
    verification.tolerance = tolerance.tolerance
    verification.options = BatchNormModule.Options(eps: eps, momentum: momentum)
    let result = try verification.compare(
      try stateDict(of: checkpointA, a), try stateDict(of: checkpointB, b))
    options.remark(checkpointA.notes + checkpointB.notes)
    try options.print(result.json, text: result.text(layers: layers))
    if !result.isEqual { throw Console.different }
  }

  private func stateDict(
    of checkpoint: Checkpoint, _ path: String
  ) throws(CheckpointError) -> StateDict {
    do throws(CheckpointError) {
      return try checkpoint.findStateDict(at: entry.path).stateDict
    } catch {
      throw error.with(path: path)
    }
  }
}

extension VerificationMode: ExpressibleByArgument {}
