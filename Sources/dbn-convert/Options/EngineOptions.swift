public import ArgumentParser
public import Execution

/// What runs a model.
struct EngineOptions: ParsableArguments {
  @Option(help: "What runs the model: reference, plain Swift in Float64.")
  var engine = Engine.reference
}

extension Engine: ExpressibleByArgument {}
extension ExecutionMode: ExpressibleByArgument {}
