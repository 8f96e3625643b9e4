import ArgumentParser
import Checkpoints
import Tensors

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a checkpoint in another format, nothing lost.")

  @Argument(help: "The checkpoint to read.")
  var input: String

  @Argument(help: "The file to write; its extension says the format.")
  var output: String

  @OptionGroup var entry: EntryOption
  @OptionGroup var opaque: OpaqueOption

  @Flag(help: "Write only the state dict, without optimizer, epoch and the like.")
  var stateDictOnly = false

  @OptionGroup var transformations: TransformationOptions
  @OptionGroup var target: TargetOptions
  @OptionGroup var proofOptions: ProofOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    guard entry.entry == nil || stateDictOnly || !transformations.isEmpty else {
      throw ValidationError(
        "--entry says which state dict --state-dict-only, --strip-prefix, --rename or --cast are "
          + "about.")
    }
  }

  func run() throws {
    let conversion = try Conversion(
      from: input, to: output, target, besides: [proofOptions.model],
      reading: opaque.readingOptions)
    let (result, record, changes) = try transformed(conversion.checkpoint)
    let proof = try conversion.reading { checkpoint throws(CheckpointError) in
      try self.proof(of: checkpoint)
    }
    var files = StagedFiles()
    let losses = try conversion.stage(result, record: record, proof: proof, in: &files)
    let report = changes.adding(losses: losses)
    options.remark(conversion.checkpoint.notes)
    var tensors = 0
    result.root.forEachLeaf { if $1.tensor != nil { tensors += 1 } }
    try options.print(
      conversion.json(record, report, proof: proof),
      text: "\(output): \(counted(tensors, "tensor")) from \(input) (\(conversion.format.name))"
        + report.skippedText
        + changes.losses.map { "\nlost: \($0.name.visible()): \($0.reason)" }.joined()
        + Conversion.text(losses: losses) + Conversion.text(proof: proof), naming: files)
  }

  /// What must hold of the written state dict: it is held against the input's, under the names that
  /// the output has.
  private func proof(
    of checkpoint: Checkpoint
  ) throws(CheckpointError) -> ConversionProof? {
    guard proofOptions.verify else { return nil }
    let (place, found) = try checkpoint.findStateDict(at: entry.path)
    var renaming = transformations
    renaming.cast = nil
    let source = try renaming.apply(to: found, allowsOverflow: false).stateDict
    return proofOptions.proof(
      of: source, in: checkpoint, from: input, writtenAt: stateDictOnly ? EntryPath() : place)
  }

  private typealias Result = (
    checkpoint: Checkpoint, record: JSON, report: ConversionReport
  )

  private func transformed(_ checkpoint: Checkpoint) throws(CheckpointError) -> Result {
    var record: [JSON.Member] = [
      .init("operation", "convert"), .init("state_dict_only", .bool(stateDictOnly)),
    ]
    guard stateDictOnly || !transformations.isEmpty else {
      return (checkpoint, .object(record), ConversionReport())
    }
    do throws(CheckpointError) {
      let (place, found) = try checkpoint.findStateDict(at: entry.path)
      let changed = try transformations.apply(to: found, allowsOverflow: target.lossy)
      record += changed.record
      var result = checkpoint.replacingStateDict(at: place, with: changed.stateDict)
      if stateDictOnly { result.root = .dictionary(changed.stateDict.dictionary) }
      var report = changed.report
      let keepsNames = changed.stateDict.names == found.names
      if result.graph != nil, stateDictOnly || !keepsNames {
        result.graph = nil
        report.skipped.append(
          .init("graph", keepsNames ? "it is not in the state dict" : "it knows the old names"))
      }
      return (result, .object(record), report)
    } catch {
      throw error.with(path: input)
    }
  }
}
