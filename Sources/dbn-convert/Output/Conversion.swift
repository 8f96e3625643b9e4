import BatchNorm
import Checkpoints
import Tensors

/// One run of a command that reads a checkpoint, changes it and writes it.
struct Conversion {
  let input: String
  let output: String
  let target: TargetOptions
  /// What is done with files that have the output's names.
  let existing: ExistingFiles
  let checkpoint: Checkpoint
  /// What a person should know, a sentence each: what the reader noted, and what `note` added.
  var notes: [String]

  /// Reads the input, once it is clear that the output can be written.
  ///
  /// - Parameter others: what else the command reads, which is not to be replaced by accident either.
  init(
    from input: String, to output: String, _ target: TargetOptions, besides others: [String?] = [],
    reading options: ReadingOptions = ReadingOptions()
  ) throws(CheckpointError) {
    if target.format == nil { _ = try FormatRegistry.standard.forWriting(output) }
    existing = try target.existingFiles(at: output, inputs: [input] + others)
    self.input = input
    self.output = output
    self.target = target
    checkpoint = try Checkpoint.open(input, options: options)
    notes = checkpoint.notes
  }

  /// The same input for another output.
  init(_ other: Conversion, output: String) {
    input = other.input
    self.output = output
    target = other.target
    existing = other.existing
    checkpoint = other.checkpoint
    notes = other.notes
  }

  /// The result of `body`, whose errors are about the input.
  func reading<Value>(
    _ body: (Checkpoint) throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Value {
    do throws(CheckpointError) {
      return try body(checkpoint)
    } catch {
      throw error.with(path: input)
    }
  }

  /// Writes the result, with what was done added to its history. The files get their names after
  /// the result was printed.
  ///
  /// - Parameter proof: what must hold of the file before that.
  /// - Returns: what the format had no place for, if that was allowed.
  func stage(
    _ result: Checkpoint, record: JSON, proof: ConversionProof? = nil, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    var result = result
    let source: JSON = [
      "file": .string(String(input.split(separator: "/").last ?? "")),
      "format": checkpoint.format.map { .string($0) } ?? .null,
    ]
    let part = checkpoint.part.map { [JSON.Member("part", .string($0))] } ?? []
    result.history.append(
      .object(
        (record.members ?? []) + part + [
          .init("source", source), .init("by", .string("dbn-convert \(Toolkit.version)")),
        ]))
    let bar = ProgressBar("writing \(output)", total: result.tensorByteCount)
    defer { bar.finish() }
    var options = target.writingOptions(existing) { bar.advance(by: $0) }
    if let proof {
      options.proof = { path throws(CheckpointError) in
        do throws(CheckpointError) {
          try proof.check(path)
        } catch {
          // The file has no name yet that could mean anything to a person.
          var error = error
          if error.path == path { error.path = output }
          throw error
        }
      }
    }
    return try result.stage(to: output, as: target.format, options: options, in: &files)
  }

  /// What the file has no place for, for a person; empty for most formats and files.
  static func text(losses: [ConversionReport.Item]) -> String {
    losses.map { "\nleft out: \($0.name.visible()): \($0.reason)" }.joined()
  }

  /// What was proven, for a person; nothing if nothing was asked for.
  static func text(proof: ConversionProof?) -> String {
    proof?.result.map { "\nverified: \($0.text)" } ?? ""
  }

  /// What the conversion did, for a program.
  func json(
    _ record: JSON, _ report: ConversionReport = ConversionReport(), proof: ConversionProof? = nil,
    health: BatchNormHealth
  ) -> JSON {
    .object(
      [.init("input", .string(input)), .init("output", .string(output))]
        + (record.members ?? []) + [
          .init("converted", .array(report.converted.map { .string($0) })),
          .init("skipped", items(report.skipped)), .init("losses", items(report.losses)),
          .init("health", health.json),
          .init("notes", .array(notes.map { .string($0) })),
        ] + (proof?.result.map { [.init("verification", $0.json)] } ?? []))
  }

  private func items(_ items: [ConversionReport.Item]) -> JSON {
    .array(items.map { ["name": .string($0.name), "reason": .string($0.reason)] })
  }
}
