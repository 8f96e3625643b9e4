public import ArgumentParser
import DBNExecution
public import DBNModels

/// The engine that runs a model.
struct EngineOptions: ParsableArguments {
  @Option(
    help: """
      What runs the model: reference (plain Swift, in Float64) or onednn (the library that \
      PyTorch uses on CPUs, in Float32).
      """)
  var engine = Engine.reference

  @Option(help: "The number of threads; by default, one for each core.")
  var threads: Int?

  var options: ExecutionOptions { ExecutionOptions(threads: threads) }

  func validate() throws {
    if let threads, threads < 1 {
      throw ValidationError("--threads must be 1 or more.")
    }
  }
}

/// Whether BatchNorms run in evaluation or in training.
struct ModeOption: ParsableArguments {
  @Option(
    help: """
      Whether BatchNorm uses running statistics (eval) or the batch's own (train); by default as \
      the program was exported, each BatchNorm in its own mode, or else eval.
      """)
  var mode: ExecutionMode?
}

extension Engine: ExpressibleByArgument {}
extension ExecutionMode: ExpressibleByArgument {}
