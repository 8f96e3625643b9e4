import ArgumentParser
import BatchNorm
import Tensors
import Verification

struct ToDistributedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "to-distributed",
    abstract: "Map standard BatchNorm to distributed BatchNorm of V virtual devices.",
    discussion: """
      Every device starts from the same running statistics: in evaluation the outputs are the same \
      to the last bit, and 'to-standard' gives the checkpoint back.
      """)

  @Argument(help: "The checkpoint to read.")
  var input: String

  @Argument(help: "The file to write; its extension says the format.")
  var output: String

  @Option(help: ArgumentHelp("The number of virtual devices.", valueName: "V"))
  var worldSize: Int

  @Option(
    help: ArgumentHelp(
      "How the devices' statistics are kept: replicated, ghost, split, sub, first-device, or the "
        + "name of the layout file's; replicated by default.", valueName: "layout"))
  var layout: String?

  @Option(
    help: ArgumentHelp(
      "How the replicas of an already distributed checkpoint are merged first: identical, first, "
        + "mean, pooled or replica:K.", valueName: "rule"))
  var statistics: MergeRule?

  @OptionGroup var source: SourceLayoutOptions

  @OptionGroup var selection: SelectionOptions
  @OptionGroup var entry: EntryOption
  @OptionGroup var opaque: OpaqueOption
  @OptionGroup var target: TargetOptions
  @OptionGroup var proofOptions: ProofOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    guard (1...StateDict.worldSizeLimit).contains(worldSize) else {
      throw ValidationError("--world-size is from 1 to \(StateDict.worldSizeLimit).")
    }
  }

  func run() throws {
    var conversion = try Conversion(
      from: input, to: output, target, besides: [source.file.layoutFile, proofOptions.model],
      reading: opaque.readingOptions)
    let layout = try targetLayout()
    let hint = try source.hint(usesFile: false)
    let (place, source, converted) = try conversion.reading {
      checkpoint throws(CheckpointError) in
      let (place, stateDict) = try checkpoint.findStateDict(at: entry.path)
      return (
        place, stateDict,
        try stateDict.toDistributed(
          worldSize: worldSize, layout: layout, merging: statistics,
          selection: selection.selection, reading: hint)
      )
    }
    conversion.note(at: place, isChosen: entry.path != nil, from: source, to: converted)
    let proof = proofOptions.proof(
      of: source, in: conversion.checkpoint, from: input, writtenAt: place, after: converted,
      promise: converted.report.isLossless && !converted.changesWorldSize
        ? nil : ConversionPromise(converted),
      settings: conversion.checkpoint.batchNormSettings)
    let result = conversion.checkpoint.replacingStateDict(at: place, with: converted.stateDict)
    conversion.notes += result.settingsNotes()
    var files = StagedFiles()
    let losses = try conversion.stage(result, record: converted.record, proof: proof, in: &files)
    let health = converted.health(from: source)
    options.remark(conversion.notes + health.sentences)
    let report = converted.report
    let summary =
      "\(output): \(counted(report.converted.count, "BatchNorm")) of \(input) mapped to "
      + "\(layout), \(counted(worldSize, "virtual device"))"
    try options.print(
      conversion.json(
        converted.record, report.adding(losses: losses), proof: proof,
        health: health),
      text: summary + report.lossText + report.skippedText + Conversion.text(losses: losses)
        + Conversion.text(proof: proof), naming: files)
  }
}

extension ToDistributedCommand {
  /// - Throws: `invalidLayout` for a name that no layout with a place for devices has.
  private func targetLayout() throws(CheckpointError) -> BatchNormLayout {
    guard let layout else { return try source.file.layout() ?? .replicated }
    let found = try source.file.layout(named: layout)
    guard found.buffers == .rows || found == .firstDevice else {
      throw CheckpointError(
        .invalidLayout, name: layout, "it has no place for virtual devices",
        advice: "choose replicated, ghost, split, sub or first-device, or use 'to-standard'")
    }
    return found
  }
}

extension ConversionReport {
  /// "; 3 lost something (bn1: ...)", or nothing.
  var lossText: String {
    guard let first = losses.first else { return "" }
    return "; \(Set(losses.map(\.name)).count) changed meaning or lost something "
      + "(\(first.name.moduleName): \(first.reason)" + (losses.count > 1 ? ", ...)" : ")")
  }

  /// With what the target's format left out.
  func adding(losses: [Item]) -> ConversionReport {
    var report = self
    report.losses += losses
    return report
  }

  /// "; 2 left alone (bn1: not selected, ...)", or nothing.
  var skippedText: String {
    guard let first = skipped.first else { return "" }
    return "; \(skipped.count) left alone (\(first.name.moduleName): \(first.reason)"
      + (skipped.count > 1 ? ", ...)" : ")")
  }
}
