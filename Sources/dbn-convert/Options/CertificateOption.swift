import ArgumentParser
import DBNConversions
import DBNTensors

/// Whether a record of a proof is written.
struct CertificateOption: ParsableArguments {
  @Option(
    name: .customLong("certificate"),
    help: ArgumentHelp(
      "Write a certificate to this file: the checksums of all files, and what was found.",
      discussion: "'check --certificate' checks it again. An existing file is never replaced.",
      valueName: "file.json"), completion: .file())
  var path: String?

  func validate() throws {
    // Swapped arguments must not make a certificate of a checkpoint's name.
    guard path?.hasSuffix(".json") ?? true else {
      throw ValidationError("--certificate takes the name of a file that ends in .json.")
    }
  }

  /// Checks that the certificate can be written: to be called before anything is read.
  ///
  /// - Throws: `fileExists`, `notARegularFile`.
  func checkName() throws(CheckpointError) {
    guard let path else { return }
    Assignment.clearLeftovers(besides: path)
    do throws(CheckpointError) {
      try ExistingFiles.refuse.check(path)
    } catch  where error.code == .fileExists {
      var error = error
      error.advice = "choose another name: certificates are never replaced"
      throw error
    }
  }

  /// Adds the certificate to the staged files, if one was requested.
  ///
  /// - Parameters:
  ///   - finding: what was found.
  ///   - inputs: every file and folder that the command reads.
  ///   - files: the written files, which are certified too.
  func stage(
    _ finding: @autoclosure () -> Certificate.Finding, reading inputs: [String?],
    in files: inout StagedFiles
  ) throws(CheckpointError) {
    guard let path else { return }
    let outputs = try files.contents.map { file throws(CheckpointError) in
      try CertifiedFile(file.path, at: file.readableAt)
    }
    let certificate = Certificate(
      request: Assignment.current.arguments,
      files: try CertifiedFile.all(of: inputs.compactMap(\.self)) + outputs, finding: finding())
    try certificate.stage(to: path, in: &files)
  }
}
