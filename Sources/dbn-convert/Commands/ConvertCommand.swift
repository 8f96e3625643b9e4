import ArgumentParser
import BatchNorm
import Checkpoints
import Tensors
import Verification

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
    var conversion = try Conversion(
      from: input, to: output, target, besides: [proofOptions.model],
      reading: opaque.readingOptions)
    let (result, record, changes, change) = try transformed(conversion.checkpoint)
    if let change {
      conversion.note(
        at: change.place, isChosen: entry.path != nil, from: change.before, to: change.after,
        keepsRest: !stateDictOnly)
    }
    let proof = try conversion.reading { checkpoint throws(CheckpointError) in
      try self.proof(of: checkpoint)
    }
    var files = StagedFiles()
    let losses = try conversion.stage(result, record: record, proof: proof, in: &files)
    let report = changes.adding(losses: losses)
    conversion.notes += report.notes + result.settingsNotes()
    // Of what is written: a cast can make small variances 0.
    let health = BatchNormHealth(result)
    options.remark(conversion.notes + health.sentences)
    var tensors = 0
    result.root.forEachLeaf { if $1.tensor != nil { tensors += 1 } }
    try options.print(
      conversion.json(record, report, proof: proof, health: health),
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
    let (place, all) = try checkpoint.findStateDict(at: entry.path)
    let found = stateDictOnly ? all.modelOnly.stateDict : all
    var renaming = transformations
    renaming.cast = nil
    let renamed = try renaming.apply(
      to: found, checkpoint.batchNormSettings, allowsOverflow: false)
    let source = renamed.stateDict
    return proofOptions.proof(
      of: source, in: checkpoint, from: input, writtenAt: stateDictOnly ? EntryPath() : place,
      promise: transformations.promise(of: source), settings: renamed.settings)
  }

  private typealias Result = (
    checkpoint: Checkpoint, record: JSON, report: ConversionReport, change: Change?
  )

  /// The state dict that was changed, or that alone is written.
  private typealias Change = (place: EntryPath, before: StateDict, after: StateDict)

  private func transformed(_ checkpoint: Checkpoint) throws(CheckpointError) -> Result {
    var record: [JSON.Member] = [
      .init("operation", "convert"), .init("state_dict_only", .bool(stateDictOnly)),
    ]
    guard stateDictOnly || !transformations.isEmpty else {
      return (checkpoint, .object(record), ConversionReport(), nil)
    }
    do throws(CheckpointError) {
      let (place, all) = try checkpoint.findStateDict(at: entry.path)
      let (found, leftOut) = stateDictOnly ? all.modelOnly : (all, [])
      let changed = try transformations.apply(
        to: found, checkpoint.batchNormSettings, allowsOverflow: target.lossy)
      record += changed.record
      var result = checkpoint.replacingStateDict(at: place, with: changed.stateDict)
      result.batchNormSettings = changed.settings
      if stateDictOnly {
        result.root = .dictionary(changed.stateDict.dictionary)
      } else if checkpoint.stateDictEntries.count > 1 {
        // The other state dicts keep their names.
        result.batchNormSettings = changed.settings.filled(from: checkpoint.batchNormSettings)
      }
      var report = changed.report
      if !leftOut.isEmpty {
        report.notes.append(
          "what is among the model's tensors and is none of them is left out: "
            + leftOut.map { $0.visible() }.joined(separator: ", "))
      }
      let keepsNames = changed.stateDict.names == found.names
      if result.graph != nil, stateDictOnly || !keepsNames {
        result.graph = nil
        report.skipped.append(
          .init("graph", keepsNames ? "it is not in the state dict" : "it knows the old names"))
      }
      return (result, .object(record), report, (place, found, changed.stateDict))
    } catch {
      throw error.with(path: input)
    }
  }
}
