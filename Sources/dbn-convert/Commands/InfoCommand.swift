import ArgumentParser
import DBNBatchNorm
import DBNCheckpoints
import DBNComparison
import DBNConversions
import DBNTensors
import DBNVerification

struct InfoCommand: ResultCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Show what is in a checkpoint: tensors, BatchNorms, layouts, ties, other values.")

  @Argument(help: "The checkpoint.", completion: .file())
  var file: String

  @Option(
    help: ArgumentHelp(
      "List only tensors whose names match, and their BatchNorms.", valueName: "glob"))
  var keys: String?

  @Flag(help: "Read all numbers, and show what they are like: least, greatest, mean, deviation.")
  var stats = false

  @Option(help: ArgumentHelp("Print the numbers of this tensor instead.", valueName: "key"))
  var values: String?

  @OptionGroup var layouts: LayoutFileOption
  @OptionGroup var entry: EntryOption
  @OptionGroup var opaque: OpaqueOption
  @OptionGroup var report: ReportOption
  @OptionGroup var options: OutputOptions
  @OptionGroup(title: "Many Files") var jobs: JobOptions

  func result() throws -> CommandResult {
    let existing = try report.existingFiles(inputs: [file, layouts.layoutFile])
    let checkpoint = try opened()
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
    if let values { return try self.values(values, of: inspection) }
    let selection = NameSelection(include: keys.map { [$0] } ?? [])
    if let keys, !inspection.tensors.contains(where: { selection.contains($0.name) }) {
      options.remark(["no tensor's name matches '\(keys)'"])
    }
    let tensors = inspection.tensors.filter { selection.contains($0.name) }
    let info = InfoReport(
      path: file, format: checkpoint.format ?? "", checkpoint: checkpoint, inspection: inspection,
      notes: notes, names: Checkpoint.pickledNames(at: file), listsNames: keys == nil,
      tensors: tensors, statistics: stats ? try statistics(of: tensors) : nil,
      batchNorms: inspection.batchNorms.filter { row in
        row.site.bufferKeys.contains(where: selection.contains)
      })
    return CommandResult(
      info.json, lines: info.lines, naming: try report.staged(existing, info.page()))
  }

  /// The checkpoint. If it can't be read, what its pickles name is printed before the error, unless
  /// that is nothing but what weights need.
  private func opened() throws(CheckpointError) -> Checkpoint {
    do throws(CheckpointError) {
      return try Checkpoint.open(file, options: opaque.readingOptions.acceptingParts)
    } catch {
      let names = Checkpoint.pickledNames(at: file)
      guard !names.names.isEmpty, !Assignment.current.isOneOfMany else { throw error }
      if options.json {
        try Console.result(Document(.object([.init("error", error.json)] + names.members)))
      } else if !options.quiet, names.names.contains(where: { !$0.isUsual }) {
        try Console.result(names.lines())
      }
      throw error
    }
  }

  private func values(
    _ key: String, of inspection: CheckpointInspection
  ) throws(CheckpointError) -> CommandResult {
    guard let row = inspection.tensors.first(where: { $0.name == key }) else {
      let names = inspection.tensors.map(\.name)
      let full = names.first { $0.hasSuffix(".\(key)") }
      let near = (full ?? key.nearest(among: names)).map { "; the nearest is '\($0.visible())'" }
      throw CheckpointError(
        .noSuchEntry, path: file, name: key, "there is no tensor with this name" + (near ?? ""),
        advice: "list the tensors with \(.inspection)")
    }
    let values = TensorValues(path: file, name: row.name, tensor: row.tensor)
    return CommandResult(try values.json(), lines: try values.lines())
  }

  private func statistics(
    of rows: [CheckpointInspection.TensorRow]
  ) throws(CheckpointError) -> [TensorStatistics?] {
    try concurrentMap(rows.count) { index throws(CheckpointError) in
      guard rows[index].tensor.scalarType.isReal else { return nil }
      do throws(CheckpointError) {
        return try TensorStatistics(rows[index].tensor)
      } catch {
        throw error.with(path: file, name: rows[index].name)
      }
    }
  }
}
