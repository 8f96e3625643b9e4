import BatchNorm
import Checkpoints
import Tensors

/// One run of a command that reads a checkpoint, changes it and writes it.
struct Conversion {
  let input: String
  let output: String
  let format: CheckpointFormat
  let checkpoint: Checkpoint

  /// Reads the input, once it is clear that the output can be written.
  init(from input: String, to output: String) throws(CheckpointError) {
    _ = try CheckpointFormat.forWriting(output)
    self.input = input
    self.output = output
    format = try CheckpointFormat.recognise(input)
    checkpoint = try Checkpoint.open(input)
  }

  /// Writes the result, with what was done added to its history.
  func write(_ result: Checkpoint, record: JSON) throws(CheckpointError) {
    var result = result
    let source: JSON = [
      "file": .string(String(input.split(separator: "/").last ?? "")),
      "format": .string(format.name),
    ]
    result.history.append(
      .object(
        (record.members ?? []) + [
          .init("source", source), .init("by", .string("dbn-convert \(Toolkit.version)")),
        ]))
    try result.write(to: output)
  }

  /// What the conversion did, for a program.
  func json(_ record: JSON, _ report: ConversionReport = ConversionReport()) -> JSON {
    .object(
      [.init("input", .string(input)), .init("output", .string(output))]
        + (record.members ?? []) + [
          .init("converted", .array(report.converted.map { .string($0) })),
          .init("skipped", items(report.skipped)), .init("losses", items(report.losses)),
          .init("notes", .array(checkpoint.notes.map { .string($0) })),
        ])
  }

  private func items(_ items: [ConversionReport.Item]) -> JSON {
    .array(items.map { ["name": .string($0.name), "reason": .string($0.reason)] })
  }
}
