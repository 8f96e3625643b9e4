public import ArgumentParser
public import DBNExecution

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

extension Engine: ExpressibleByArgument {}
extension ExecutionMode: ExpressibleByArgument {}
