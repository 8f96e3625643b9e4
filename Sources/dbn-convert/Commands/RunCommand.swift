import ArgumentParser
import DBNCheckpoints
import DBNConversions
import DBNExecution
import DBNModels
import DBNTensors

struct RunCommand: ResultCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a model forward once.",
    discussion: """
      Outputs are written as output_0, output_1, ... in the type of the weights, bool and integers \
      in the program's own type.
      """)

  @Argument(
    help: "The checkpoint with the weights, or the name of an architecture with --weights.",
    completion: .file())
  var model: String

  @Option(help: "The checkpoint with the weights.", completion: .file())
  var weights: String?

  @Option(help: "A file with the inputs: tensors by name, or a single tensor.", completion: .file())
  var input: String

  @Option(
    help: "The file to write the outputs to; its extension determines the format.",
    completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp(
      """
      Write the checkpoint to this file, with what the pass changed: running statistics in \
      training, averages and counters of the program's own.
      """,
      valueName: "file"), completion: .file())
  var saveState: String?

  @OptionGroup var execution: ModeOption
  @OptionGroup var replacement: ReplacementOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var statement: StatementOptions
  @OptionGroup var entry: EntryOption
  @OptionGroup var opaque: OpaqueOption
  @OptionGroup var options: OutputOptions

  func validate() throws {
    guard saveState == nil || execution.mode != .evaluation else { throw Self.nothingToSave }
    guard saveState.map({ OutputPath($0) }) != OutputPath(output) else {
      throw ValidationError("--output and --save-state must be different files.")
    }
  }

  private static var nothingToSave: ValidationError {
    ValidationError("--save-state needs --mode train: only training changes the state.")
  }

  func result() throws -> CommandResult {
    let paths = [output] + (saveState.map { [$0] } ?? [])
    for path in paths { _ = try FormatRegistry.standard.forWriting(path) }
    let existing = try replacement.existingFiles(
      outputs: paths, inputs: [self.model, weights, input, statement.source.file.layoutFile])
    let engineOptions = try statement.options(engine)
    let source = try WeightedModel(
      model, weights: weights.map { [$0] } ?? [], entry: entry.path, reading: opaque.readingOptions,
      layouts: engineOptions.layouts, stating: statement.statement)
    let (checkpoint, place) = (source.weights[0].checkpoint, source.weights[0].place)
    let stateDict = source.weights[0].stateDict
    let graph = source.firstGraph
    let others =
      entry.path == nil
      ? checkpoint.notes(
        taking: place, others: saveState == nil ? "not used" : "unchanged") : []
    let mode = execution.mode
    guard saveState == nil || graph.trains(given: mode) || !graph.updates.isEmpty else {
      throw Self.nothingToSave
    }
    options.remark(source.notes + source.notes(runIn: mode) + others)
    var executor: any Executor
    let results: [DenseArray]
    do throws(CheckpointError) {
      executor = try engine.engine.executor(
        saveState == nil ? graph : graph.withUpdatesAsOutputs, source.tensors[0],
        options: engineOptions)
      let inputs = try graph.inputs(from: input, reading: opaque.readingOptions)
      results = try executor.run(inputs, mode: mode)
    } catch {
      throw source.explaining(error, input: input)
    }
    let outputs = try self.outputs(results, of: graph, like: stateDict)
    // Both files, or neither.
    var files = StagedFiles()
    let writing = WritingOptions(existing: existing)
    if let saveState {
      let moved = try executor.stateDict(updating: stateDict, after: results)
      let state = checkpoint.replacingStateDict(at: place, with: moved)
      _ = try state.stage(to: saveState, options: writing, in: &files)
      options.remark(state.settingsNotes())
    }
    // An .npy file holds a single array, without a name.
    let only = outputs.count == 1 && output.hasSuffix(".npy") ? outputs.first?.tensor : nil
    _ = try Checkpoint(root: only.map { .tensor($0) } ?? .dictionary(outputs.dictionary))
      .stage(to: output, options: writing, in: &files)
    let shapes = outputs.tensors.map { "\($0.name) \($0.tensor.shape)" }
    return CommandResult(
      [
        "model": .string(graph.name), "output": .string(output),
        "mode": .string(graph.mode(given: mode).text),
      ],
      lines: ["\(output): \(shapes.joined(separator: ", ")) of \(graph.name)"], naming: files)
  }

  /// The outputs, named output_0, output_1, ..., in their own type, or in the type of the weights.
  private func outputs(
    _ results: [DenseArray], of graph: Graph, like weights: StateDict
  ) throws(CheckpointError) -> StateDict {
    let type = weights.tensors.first { $0.tensor.scalarType.isFloatingPoint }?.tensor.scalarType
    var outputs = StateDict()
    for (index, (result, name)) in zip(results, graph.outputs).enumerated() {
      let own = graph.outputTypes[name]
      outputs["output_\(index)"] =
        if let own {
          try Tensor(integers: result.values, of: own, shape: result.shape)
        } else {
          try Tensor(rounding: result.values, to: type ?? .float32, shape: result.shape)
        }
    }
    return outputs
  }
}
