import ArgumentParser
import BatchNorm
import Tensors

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

  @Option(help: "How the devices' statistics are kept.")
  var layout = DistributedLayout.replicated

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
    let conversion = try Conversion(
      from: input, to: output, target, reading: opaque.readingOptions)
    let (place, source, converted) = try conversion.reading {
      checkpoint throws(CheckpointError) in
      let (place, stateDict) = try checkpoint.findStateDict(at: entry.path)
      return (
        place, stateDict,
        try stateDict.toDistributed(
          worldSize: worldSize, layout: layout.layout, selection: selection.selection)
      )
    }
    let proof = proofOptions.proof(
      of: source, in: conversion.checkpoint, from: input, writtenAt: place)
    let losses = try conversion.write(
      conversion.checkpoint.replacingStateDict(at: place, with: converted.stateDict),
      record: converted.record, proof: proof)
    options.remark(conversion.checkpoint.notes + conversion.untouched(besides: place))
    try options.print(
      conversion.json(
        converted.record, converted.report.adding(losses: losses), proof: proof),
      text: "\(output): \(counted(converted.report.converted.count, "BatchNorm")) of "
        + "\(input) mapped to \(layout.rawValue), \(counted(worldSize, "virtual device"))"
        + converted.report.skippedText + Conversion.text(losses: losses)
        + Conversion.text(proof: proof))
  }
}

/// The layouts that can be asked for by name.
enum DistributedLayout: String, ExpressibleByArgument, CaseIterable {
  case replicated

  var layout: BatchNormLayout {
    switch self {
    case .replicated: .replicated
    }
  }
}

extension ConversionReport {
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
