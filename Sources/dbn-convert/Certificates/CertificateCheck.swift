import DBNConversions
import DBNTensors

/// Whether a certificate still holds: the files are the same, and the comparison finds the same.
struct CertificateCheck {
  let path: String
  private let certificate: Certificate
  /// The files that have changed, with what has.
  private var changes: [(file: String, change: String)] = []
  /// The figures that are no longer the same.
  private var differences: [String] = []
  /// Why the comparison fails now; nil if it does not.
  private var failure: String?

  /// Reads all files, and makes the comparison again.
  init(_ path: String) throws {
    self.path = path
    certificate = try Certificate(opening: path)
    for file in certificate.files {
      if let change = try file.change() { changes.append((file.path, change)) }
    }
    do {
      differences = try certificate.differences(from: certificate.repeated())
    } catch let error as CheckpointError {
      guard error.code != .notACertificate else { throw error.with(path: path) }
      failure = error.inCommandWords
    }
  }

  /// Whether nothing has changed.
  var holds: Bool { changes.isEmpty && differences.isEmpty && failure == nil }

  /// The result for people.
  var lines: [String] {
    var lines = changes.map { "\($0.file.visible()) \($0.change)" }
    if let failure { lines.append("the comparison fails now: \(failure)") }
    if !differences.isEmpty {
      lines.append("the comparison finds other figures: \(differences.joined(separator: ", "))")
    }
    guard holds else { return ["\(path): does not hold"] + lines }
    return [
      "\(path): \(counted(certificate.files.count, "file")) unchanged, and the comparison finds the "
        + "same: \(verdict)"
    ]
  }

  private var verdict: String {
    let result = certificate.result
    if result["bit_identical"] == true { return "equal, bit-identical" }
    if result["equal"] == true { return "equal within the tolerance" }
    return result["promise"]?["kept"] == true ? "every number is as promised" : "different"
  }

  var json: JSON {
    [
      "certificate": .string(path), "by": .string(certificate.program), "holds": .bool(holds),
      "arguments": .array(certificate.request.map { .string($0) }),
      "changed": .array(
        changes.map { ["path": .string($0.file), "change": .string($0.change)] }),
      "differences": .array(differences.map { .string($0) }),
      "failure": failure.map { .string($0) } ?? .null,
    ]
  }
}
