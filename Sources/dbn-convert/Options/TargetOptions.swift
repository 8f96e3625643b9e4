import ArgumentParser
import DBNCheckpointFormats
import DBNCheckpoints
import DBNConversions
import DBNTensors

/// Options for writing the result.
struct TargetOptions: ParsableArguments {
  @Option(
    name: .customLong("to"),
    help: ArgumentHelp(
      "The format to write, if the extension does not indicate it.", valueName: "format"),
    completion: .list(Self.writableFormats))
  var formatName: String?

  @Flag(help: "Leave out what the format cannot store, and list it, instead of refusing to write.")
  var lossy = false

  @Option(
    help: ArgumentHelp(
      "Compress HDF5 datasets: gzip, or gzip:LEVEL with a level from 1 to 9.",
      valueName: "method"), completion: .list(["gzip"]))
  var compress: String?

  @Option(
    help: ArgumentHelp(
      "Split safetensors into files of at most this size: 500MB, 2GB, or a number of bytes.",
      valueName: "size"))
  var shardSize: String?

  @OptionGroup var replacement: ReplacementOptions

  private static let writableFormats =
    FormatRegistry.standard.formats.filter(\.isWritable).map(\.name)

  var format: (any CheckpointFormat)? {
    formatName.flatMap { FormatRegistry.standard.named($0) }
  }

  func writingOptions(
    _ existing: ExistingFiles, progress: (@Sendable (Int) -> Void)? = nil
  ) -> WritingOptions {
    WritingOptions(
      existing: existing, allowsLosses: lossy, compression: compression,
      shardByteCount: shardByteCount, progress: progress)
  }

  /// What happens to existing files with the output's names: to be called before anything is read.
  ///
  /// - Throws: `unknownFormat` if the extension indicates no format, or another than `--to`; `fileExists`, `outputIsInput`
  ///   or `notARegularFile`, if the output can't be written.
  func existingFiles(
    at output: String, inputs: [String?]
  ) throws(CheckpointError) -> ExistingFiles {
    try checkFormat(of: output)
    return try replacement.existingFiles(
      outputs: FormatRegistry.standard.outputs(at: output, options: writingOptions(.refuse)),
      inputs: inputs)
  }

  private func checkFormat(of output: String) throws(CheckpointError) {
    // A folder's name indicates no format either.
    try ExistingFiles.replace.check(output)
    guard let format else {
      do throws(CheckpointError) {
        _ = try FormatRegistry.standard.forWriting(output)
      } catch {
        throw error.advising("or name a format with --to")
      }
      return
    }
    if let other = try? FormatRegistry.standard.forWriting(output), other.name != format.name {
      throw CheckpointError(
        .unknownFormat, path: output, "its extension indicates \(other.name), not \(format.name)",
        advice: "leave out --to, or choose another name")
    }
  }

  /// Writes the result of a conversion, with a progress bar. The file gets its name after the
  /// result is printed.
  func stage(
    _ result: ConversionResult, to output: String, _ existing: ExistingFiles,
    proof: ConversionProof? = nil, in files: inout StagedFiles
  ) throws(CheckpointError) -> ConversionResult {
    let bar = ProgressBar("writing \(output)", total: result.checkpoint.tensorByteCount)
    defer { bar.finish() }
    let stamped = Assignment.current.stamp.map { result.stamped($0) } ?? result
    return try stamped.stage(
      to: output, as: format, proof: proof,
      options: writingOptions(existing) { bar.advance(by: $0) }, in: &files)
  }

  func validate() throws {
    if let formatName, format?.isWritable != true {
      let names = Self.writableFormats
      throw ValidationError(
        "--to takes \(names.joined(separator: ", ")), not '\(formatName.visible(limit: 100))'"
          + formatName.suggestion(among: names))
    }
    guard compress == nil || compression != nil else {
      throw ValidationError("--compress takes gzip, or gzip:1 to gzip:9.")
    }
    guard shardSize == nil || shardByteCount != nil else {
      throw ValidationError("--shard-size takes a number of bytes, or a number with KB, MB or GB.")
    }
  }

  private var compression: WritingOptions.Compression? {
    guard let parts = compress?.split(separator: ":", omittingEmptySubsequences: false),
      parts[0] == "gzip"
    else { return nil }
    if parts.count == 1 { return .gzip(level: 4) }
    guard parts.count == 2, let level = Int(parts[1]), (1...9).contains(level) else { return nil }
    return .gzip(level: level)
  }

  private var shardByteCount: Int? {
    guard let shardSize else { return nil }
    let units = ["KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000]
    let unit = units.first { shardSize.uppercased().hasSuffix($0.key) }
    guard let number = Int(shardSize.dropLast(unit?.key.count ?? 0)), number > 0 else { return nil }
    let (byteCount, overflow) = number.multipliedReportingOverflow(by: unit?.value ?? 1)
    return overflow ? nil : byteCount
  }
}
