import ArgumentParser
import DBNBatchNorm
import DBNCheckpoints
import DBNComparison
import DBNTensors
import DBNVerification

struct CheckCommand: ResultCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Read everything in a checkpoint, and verify all its checksums.",
    discussion: """
      With --certificate instead: read all files of the certificate, and make its comparison again. \
      Its files are looked for under the same paths, from the folder in which the command runs. Exit \
      status 0: the files are unchanged, and the comparison finds the same; 1: not.
      """)

  @Argument(help: "The checkpoint.", completion: .file())
  var file: String?

  @Option(
    help: ArgumentHelp(
      "Check this certificate of 'verify' or of a conversion.", valueName: "file.json"),
    completion: .file())
  var certificate: String?

  @OptionGroup var opaque: OpaqueOption
  @OptionGroup var options: OutputOptions
  @OptionGroup(title: "Many Files") var jobs: JobOptions

  func validate() throws {
    guard (file == nil) != (certificate == nil) else {
      throw ValidationError("Give either a checkpoint or --certificate.")
    }
  }

  func result() throws -> CommandResult {
    if let certificate { return try checkCertificate(certificate) }
    return try check(file ?? "")
  }

  private func checkCertificate(_ path: String) throws -> CommandResult {
    let check = try CertificateCheck(path)
    return CommandResult(check.json, lines: check.lines, isDifferent: !check.holds)
  }

  private func check(_ file: String) throws -> CommandResult {
    let checkpoint = try Checkpoint.open(file, options: opaque.readingOptions.acceptingParts)
    let bar = ProgressBar("checking \(file)", total: checkpoint.tensorByteCount)
    let result: IntegrityCheck
    do throws(CheckpointError) {
      defer { bar.finish() }
      result = try IntegrityCheck(checkpoint) { bar.advance(by: $0) }
    } catch {
      throw error.with(path: file)
    }
    let health = BatchNormHealth(checkpoint)
    options.remark(checkpoint.notes + health.notes)
    return CommandResult(
      [
        "path": .string(file), "format": .string(checkpoint.format ?? ""),
        "tensors": .int(result.tensors), "bytes": .int(result.byteCount),
        "with_checksum": .int(result.withChecksum), "checksums": result.checksums,
        "not_verified": .array(
          result.notVerified.map {
            ["name": .string("\($0.path)"), "checksum": .string($0.finding.rawValue)]
          }),
        "unread": .array(result.unread.map { .string("\($0)") }),
        "part": checkpoint.part.map { .string($0) } ?? .null, "health": health.json,
        "notes": .array(checkpoint.notes.map { .string($0.inCommandWords) }),
      ],
      lines: [
        "\(file): \(checkpoint.format ?? ""), \(counted(result.tensors, "tensor")) read, "
          + "\(readable(byteCount: result.byteCount)); \(result.checksumText)"
          + result.neverWrittenText + result.unreadText
      ])
  }
}

extension IntegrityCheck {
  /// How many tensors there are with each finding.
  fileprivate var checksums: JSON {
    .object(
      [Finding.verified, .noChecksum, .neverWritten].map {
        .init($0.rawValue, .int(count(of: $0)))
      })
  }

  fileprivate var checksumText: String {
    let without = count(of: .noChecksum)
    return "the checksums of \(withChecksum) are correct"
      + (without > 0 ? ", \(without) \(without == 1 ? "has" : "have") none" : "")
  }

  /// "; 2 tensors were never written: weight, bias", or empty.
  fileprivate var neverWrittenText: String {
    let names = notVerified.filter { $0.finding == .neverWritten }.map { "\($0.path)" }
    guard !names.isEmpty else { return "" }
    let were = names.count == 1 ? "was" : "were"
    return "; \(counted(names.count, "tensor")) \(were) never written, so that the file has only "
      + "room for the values: " + Self.list(names)
  }

  /// "; not checked: adj, args", or empty.
  fileprivate var unreadText: String {
    guard !unread.isEmpty else { return "" }
    return "; not checked, because it is no plain value: " + Self.list(unread.map { "\($0)" })
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(5).map { $0.visible() }.joined(separator: ", ")
      + (names.count > 5 ? " and \(names.count - 5) more" : "")
  }
}
