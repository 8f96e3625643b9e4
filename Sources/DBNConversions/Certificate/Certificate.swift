public import DBNTensors
public import DBNVerification

/// A record of a proof that can be checked later: the checksums of all files, what was asked, what was
/// compared, and what was found.
///
/// `docs/certificates.md` describes its JSON.
public struct Certificate: Sendable {
  /// What a comparison found.
  public struct Finding: Sendable {
    /// The verdict and the figures, as the program that made the certificate prints them.
    public let result: JSON
    /// What was compared with what.
    public let compared: [ComparedDigests]

    /// A finding with the given verdict.
    public init(_ result: JSON, compared: [ComparedDigests]) {
      self.result = result
      self.compared = compared
    }
  }

  /// What was asked, in a form that the program that made the certificate can repeat: the command's
  /// arguments.
  public let request: [String]
  /// Every file that was read or written.
  public let files: [CertifiedFile]
  /// What was found, as the members of the document: `{"result", "compared"}`.
  let finding: JSON
  /// The verdict and the figures.
  public var result: JSON { finding["result"] ?? .null }
  /// The program that made it, with its version.
  public let program: String

  /// Makes a certificate of what was just found.
  public init(request: [String], files: [CertifiedFile], finding: Finding) {
    self.request = request
    self.files = files
    self.finding = finding.json
    program = "dbn-convert \(Toolkit.version)"
  }

  /// Reads a certificate.
  ///
  /// - Throws: `notACertificate`, and errors of reading JSON.
  public init(opening path: String) throws(CheckpointError) {
    do throws(CheckpointError) {
      try self.init(JSON(parsing: MappedFile.open(path)))
    } catch {
      throw error.with(path: path)
    }
  }

  /// Compares what was found with what a repeated comparison has found.
  ///
  /// - Returns: the names of the figures that differ: `max_abs`, `layers`.
  public func differences(from repeated: Finding) throws(CheckpointError) -> [String] {
    // A document's numbers: infinities are texts.
    let other = try JSON(parsing: repeated.json.text())
    let (mine, theirs) = (Self.figures(finding), Self.figures(other))
    let names =
      mine.map(\.name) + theirs.map(\.name).filter { name in !mine.contains { $0.name == name } }
    return names.filter { name in
      mine.first { $0.name == name } != theirs.first { $0.name == name }
    }
  }

  /// What must be the same again. Notes are texts for people, which another version may word
  /// differently.
  private static func figures(_ finding: JSON) -> [JSON.Member] {
    let result = finding["result"]?.members ?? []
    return result.filter { $0.name != "notes" } + [.init("checksums", finding["compared"] ?? .null)]
  }
}

extension Certificate.Finding {
  fileprivate var json: JSON {
    ["result": result, "compared": .array(compared.map(\.json))]
  }
}

extension ComparedDigests {
  fileprivate var json: JSON {
    [
      "a": .string("\(entryOfFirst)"), "b": .string("\(entryOfSecond)"),
      "a_sha256": .string(first), "b_sha256": .string(second),
    ]
  }
}

extension CheckpointError.Code {
  /// A file is no certificate, or one that this version can't check.
  public static let notACertificate = Self("not-a-certificate")
}
