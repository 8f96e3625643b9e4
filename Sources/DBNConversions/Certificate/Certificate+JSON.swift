public import DBNTensors

extension Certificate {
  /// The version of the document.
  private static let schema = 1

  /// The document.
  public var json: JSON {
    .object(
      [
        .init("certificate", .int(Self.schema)), .init("by", .string(program)),
        .init("arguments", .array(request.map { .string($0) })),
        .init("files", .array(files.map(\.json))),
      ] + (finding.members ?? []))
  }

  /// Writes the document to a file that has no name until the staged files get theirs. An existing
  /// file is never replaced: each certificate is a record of its own.
  ///
  /// - Throws: `fileExists`, `notARegularFile`, `system`.
  package func stage(to path: String, in files: inout StagedFiles) throws(CheckpointError) {
    let bytes = ByteRegion(Array((json.text(indented: true) + "\n").utf8))
    let file = try files.makeFile(path, existing: .refuse)
    try bytes.withBytes { bytes throws(CheckpointError) in try file.write(bytes, at: 0) }
    try files.add(file)
  }

  init(_ json: JSON) throws(CheckpointError) {
    guard json["certificate"] == .int(Self.schema) else {
      throw Self.invalid(
        json["certificate"] == nil
          ? "it is no certificate" : "it is a certificate of another version than \(Self.schema)")
    }
    guard let request = json["arguments"]?.array, let files = json["files"]?.array,
      let program = json["by"]?.string, let result = json["result"], let compared = json["compared"]
    else { throw Self.invalid("a member is missing, or has another type") }
    self.request = try request.map { value throws(CheckpointError) in
      guard let text = value.string else { throw Self.invalid("an argument is no text") }
      return text
    }
    self.files = try files.map { value throws(CheckpointError) in
      guard let file = CertifiedFile(value) else { throw Self.invalid("a file has no checksum") }
      return file
    }
    self.program = program
    finding = ["result": result, "compared": compared]
  }

  /// The error for a document that is no certificate.
  package static func invalid(_ reason: String) -> CheckpointError {
    CheckpointError(
      .notACertificate, reason, advice: "give a file that --certificate of this program has written"
    )
  }
}
