import ArgumentParser
import DBNCheckpoints
import DBNConversions
import DBNTensors

struct SalvageCommand: ResultCommand {
  static let configuration = CommandConfiguration(
    commandName: "salvage",
    abstract: "Write what is left of a checkpoint that was cut off or damaged.",
    discussion: """
      Reads every tensor, writes those that are whole, and lists the others. PyTorch's zip files, \
      safetensors and HDF5 can lack their end; programs of torch.export (.pt2) as well, if the list \
      of the weights' names, which comes after the weights, is left.

      Exit status: 0 nothing is lost; 1 something is lost; 2 nothing can be recovered.
      """)

  @Argument(help: "The broken checkpoint.", completion: .file())
  var input: String

  @Argument(help: "The file to write; its extension determines the format.", completion: .file())
  var output: String

  @OptionGroup var limits: LimitOption
  @OptionGroup var target: TargetOptions
  @OptionGroup var options: OutputOptions

  func result() throws -> CommandResult {
    var target = target
    target.lossy = true
    let existing = try target.existingFiles(at: output, inputs: [input])
    let salvaged = try Conversion.salvaging(input, limitFactor: limits.raiseLimits)
    var files = StagedFiles()
    let result = try target.stage(salvaged, to: output, existing, in: &files)
    let health = result.health
    options.remark(result.notes + health.notes)
    return CommandResult(
      result.json(writtenTo: output, health: health), lines: lines(result), naming: files,
      isDifferent: !result.lost.isEmpty)
  }

  private func lines(_ result: ConversionResult) -> [String] {
    let lost = result.lost
    let count = result.report.converted.count
    let shown = 40
    let summary =
      "\(output): \(counted(count, "tensor")) of \(input) (\(result.source.format))"
      + (lost.isEmpty ? "; nothing is lost" : "; lost: \(lost.count)") + unchecked(result)
    return [summary] + lost.prefix(shown).map { "lost: \($0.name.visible()): \($0.reason)" }
      + (lost.count > shown ? ["... and \(lost.count - shown) more (--json lists all)"] : [])
  }

  /// "; 3 tensors without a checksum, where damage would not show", or empty.
  private func unchecked(_ result: ConversionResult) -> String {
    let count = result.checkpoint.storages.count { !$0.storage.hasChecksum }
    guard count > 0 else { return "" }
    return "; \(counted(count, "tensor")) without a checksum, where damage would not show"
  }
}

extension ConversionResult {
  /// What the input held and the output does not, apart from what no output holds.
  fileprivate var lost: [ConversionReport.Item] { report.losses + leftOut }
}
