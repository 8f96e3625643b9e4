import ArgumentParser
import Checkpoints
import Execution
import Models
import Tensors

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a model forward once.",
    discussion: """
      The engine is the reference: plain Swift, computing in Float64. Outputs are written as \
      output_0, output_1, ... in the type of the weights.
      """)

  @Argument(
    help: "The checkpoint with the weights, or the name of an architecture with --weights.")
  var model: String

  @Option(help: "The checkpoint with the weights.")
  var weights: String?

  @Option(help: "The inputs: tensors by name, or the only tensor there is.")
  var input: String

  @Option(help: "The file to write the outputs to; its extension says the format.")
  var output: String

  @OptionGroup var entry: EntryOption
  @OptionGroup var options: OutputOptions

  func run() throws {
    _ = try CheckpointFormat.forWriting(output)
    let path = weights ?? model
    let stateDict = try Checkpoint.open(path).findStateDict(at: entry.path).stateDict
    let graph = try self.graph(for: stateDict, path)
    var executor = try ReferenceExecutor(graph, stateDict)
    let results = try executor.run(try inputs(of: graph))
    let type = stateDict.tensors.first { $0.tensor.scalarType.isFloatingPoint }?.tensor.scalarType
    var outputs = StateDict()
    for (index, result) in results.enumerated() {
      outputs["output_\(index)"] = try Tensor(
        rounding: result.values, to: type ?? .float32, shape: result.shape)
    }
    try Checkpoint(root: .dictionary(outputs.dictionary)).write(to: output)
    let shapes = outputs.tensors.map { "\($0.name) \($0.tensor.shape)" }
    try options.print(
      ["model": .string(graph.name), "output": .string(output)],
      text: "\(output): \(shapes.joined(separator: ", ")) of \(graph.name)")
  }

  private func graph(for stateDict: StateDict, _ path: String) throws(CheckpointError) -> Graph {
    if weights != nil {
      guard let architecture = Architecture.named(model) else {
        throw CheckpointError(
          .unknownModel, name: model, "no architecture has this name",
          advice: "'dbn-convert models' lists them")
      }
      let last = architecture().parameters.last.flatMap { stateDict[$0.key]?.shape.first }
      return architecture(classes: last ?? 1000)
    }
    guard let graph = Architecture.recognise(stateDict) else {
      throw CheckpointError(
        .unknownModel, path: path, "its tensors are not those of a known architecture",
        advice: "name the model, and give the checkpoint with --weights")
    }
    return graph
  }

  private func inputs(of graph: Graph) throws(CheckpointError) -> [String: DenseArray] {
    let given = try Checkpoint.open(input).findStateDict().stateDict
    var inputs: [String: DenseArray] = [:]
    for value in graph.inputs {
      let only = given.tensors.count == 1 ? given.tensors.first?.tensor : nil
      guard let tensor = given[value.name] ?? (graph.inputs.count == 1 ? only : nil) else {
        throw CheckpointError(
          .missingOperand, path: input, name: value.name, "this input of the model is not there")
      }
      inputs[value.name] = try DenseArray(tensor)
    }
    return inputs
  }
}

extension CheckpointError.Code {
  /// No model of this name, or none that the tensors belong to.
  static let unknownModel = Self("unknown-model")
}
