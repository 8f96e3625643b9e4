import ArgumentParser
import DBNBatchNorm
import DBNCheckpoints
import DBNComparison
import DBNConversions
import DBNTensors
import DBNVerification

struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Show what is in a checkpoint: tensors, BatchNorms, layouts, ties, other values.")

  @Argument(help: "The checkpoint.", completion: .file())
  var file: String

  @Option(
    help: ArgumentHelp(
      "List only tensors whose names match, and their BatchNorms.", valueName: "glob"))
  var keys: String?

  @OptionGroup var layouts: LayoutFileOption
  @OptionGroup var entry: EntryOption
  @OptionGroup var opaque: OpaqueOption
  @OptionGroup var report: ReportOption
  @OptionGroup var options: OutputOptions

  func run() throws {
    let existing = try report.existingFiles(inputs: [file, layouts.layoutFile])
    let checkpoint = try Checkpoint.open(file, options: opaque.readingOptions.acceptingParts)
    let inspection: CheckpointInspection
    do throws(CheckpointError) {
      inspection = try CheckpointInspection(
        checkpoint, entry: entry.path, layouts: try layouts.layout().map { [$0] } ?? [])
    } catch {
      throw error.with(path: file)
    }
    let found = entry.path == nil ? inspection.entry : nil
    let notes =
      checkpoint.notes
      + (found.map { checkpoint.notes(taking: $0, others: "also in the file") } ?? [])
    options.remark(notes)
    let selection = NameSelection(include: keys.map { [$0] } ?? [])
    if let keys, !inspection.tensors.contains(where: { selection.contains($0.name) }) {
      options.remark(["no tensor's name matches '\(keys)'"])
    }
    let info = InfoReport(
      path: file, format: checkpoint.format ?? "", checkpoint: checkpoint, inspection: inspection,
      notes: notes,
      tensors: inspection.tensors.filter { selection.contains($0.name) },
      batchNorms: inspection.batchNorms.filter { row in
        row.site.bufferKeys.contains(where: selection.contains)
      })
    try options.print(info.json, text: info.text, naming: report.staged(existing, info.page()))
  }
}
