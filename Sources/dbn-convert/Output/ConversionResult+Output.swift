import DBNBatchNorm
import DBNConversions
import DBNTensors

extension ConversionResult {
  /// How many omitted values are listed.
  private static let listedLosses = 100

  /// A line for each value that the format could not store; empty for most formats and files.
  var leftOutLines: [String] {
    leftOut.map { "left out: \($0.name.visible()): \($0.reason)" }
      .listed(atMost: Self.listedLosses, "left out")
  }

  /// "; 7 tensors put together", or empty.
  var shardedText: String {
    record["sharded_tensors"]?.int.map { "; \(counted($0, "tensor")) put together" } ?? ""
  }

  /// The result of the proof, for people; empty if no proof was requested.
  var proofLines: [String] {
    guard let lines = proof?.lines, let first = lines.first else { return [] }
    return ["verified: \(first)"] + lines.dropFirst()
  }

  /// What the conversion did, as JSON for programs.
  func json(writtenTo output: String, health: BatchNormHealth) -> JSON {
    .object(
      [.init("input", .string(source.path)), .init("output", .string(output))]
        + (record.members ?? []) + [
          .init("converted", .array(report.converted.map { .string($0) })),
          .init("skipped", items(report.skipped)),
          .init("losses", items(report.losses + leftOut)), .init("health", health.json),
          .init("notes", .array(notes.map { .string($0.inCommandWords) })),
        ] + (proof.map { [.init("verification", $0.json)] } ?? []))
  }

  private func items(_ items: [ConversionReport.Item]) -> JSON {
    .array(items.map { ["name": .string($0.name), "reason": .string($0.reason)] })
  }
}

extension ConversionReport {
  /// "; 3 lost something (bn1: ...)", or empty.
  var lossText: String {
    guard let first = losses.first else { return "" }
    return "; \(Set(losses.map(\.name)).count) changed meaning or lost something "
      + "(\(first.name.moduleName): \(first.reason)" + (losses.count > 1 ? ", ...)" : ")")
  }

  /// "; 2 left alone (bn1: not selected, ...)", or empty.
  var skippedText: String {
    guard let first = skipped.first else { return "" }
    return "; \(skipped.count) left alone (\(first.name.moduleName): \(first.reason)"
      + (skipped.count > 1 ? ", ...)" : ")")
  }
}
