import ArgumentParser
import DBNCheckpoints
import DBNComparison
import DBNTensors
import DBNVerification

struct DiffCommand: ResultCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare two checkpoints: keys, types, shapes, values, order, ties, metadata.",
    discussion: """
      Without a tolerance, values are compared to the last bit. Exit status 0: equal; 1: different.
      """)

  @Argument(help: "The first checkpoint.", completion: .file())
  var a: String

  @Argument(help: "The second checkpoint; it may be of another format.", completion: .file())
  var b: String

  @OptionGroup var tolerance: ToleranceOptions
  @OptionGroup var opaque: OpaqueOption
  @OptionGroup var options: OutputOptions
  @OptionGroup(title: "Many Files") var jobs: JobOptions

  func result() throws -> CommandResult {
    let (checkpointA, checkpointB) = (
      try Checkpoint.open(a, options: opaque.readingOptions.acceptingParts),
      try Checkpoint.open(b, options: opaque.readingOptions.acceptingParts)
    )
    let bar = ProgressBar("comparing \(a)", total: checkpointA.tensorByteCount)
    defer { bar.finish() }
    let difference = try CheckpointDifference(
      checkpointA, entry: try? checkpointA.findStateDict().entry,
      checkpointB, entry: try? checkpointB.findStateDict().entry, tolerance: tolerance.tolerance
    ) { bar.advance(by: $0) }
    bar.finish()
    options.remark(checkpointA.notes + checkpointB.notes)
    return CommandResult(
      difference.json, lines: lines(difference), isDifferent: !difference.isEqual)
  }

  /// How many differences are listed.
  private static let listedDifferences = 1000

  private func lines(_ difference: CheckpointDifference) -> [String] {
    guard !difference.isEqual else {
      return [
        "equal: \(counted(difference.tensorsCompared, "tensor")), keys, order, types, shapes, "
          + "values, ties, metadata and all other values"
      ]
    }
    var lines = difference.onlyInA.map { "only in \(a): \($0.visible())" }
    lines += difference.onlyInB.map { "only in \(b): \($0.visible())" }
    lines += difference.different.map { item in
      let distance = item.maxAbsolute.map { ", up to \($0.brief)" } ?? ""
      return
        "\(item.name.moduleName): \(item.why)\(item.detail.map { " \($0.visible())" } ?? "")\(distance)"
    }
    let total = "different: \(counted(lines.count, "difference"))"
    return lines.listed(atMost: Self.listedDifferences, "differences") + [total]
  }
}

extension CheckpointDifference {
  fileprivate var json: JSON {
    [
      "equal": .bool(isEqual), "only_in_a": .array(onlyInA.map { .string($0) }),
      "only_in_b": .array(onlyInB.map { .string($0) }),
      "different": .array(
        different.map { item in
          var members = [
            JSON.Member("name", .string(item.name)), JSON.Member("why", .string(item.why)),
          ]
          if let detail = item.detail { members.append(.init("detail", .string(detail))) }
          if let distance = item.maxAbsolute { members.append(.init("max_abs", .double(distance))) }
          return .object(members)
        }),
    ]
  }
}
