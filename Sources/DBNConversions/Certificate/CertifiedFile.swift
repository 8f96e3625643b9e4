import DBNCheckpoints
public import DBNTensors

/// A file with its checksum.
public struct CertifiedFile: Sendable, Equatable {
  /// The path, as it was given.
  public let path: String
  /// The number of bytes.
  public let byteCount: Int
  /// The SHA-256 of all bytes, 64 hexadecimal digits.
  public let sha256: String

  /// Reads the whole file.
  ///
  /// - Parameter place: a path that it can be read at now, if it does not have its name yet.
  package init(_ path: String, at place: String? = nil) throws(CheckpointError) {
    let bytes = try MappedFile.open(place ?? path)
    var digest = SHA256()
    try bytes.read(pieces: 1 << 20) { _, piece throws(CheckpointError) in digest.update(piece) }
    self.path = path
    byteCount = bytes.count
    sha256 = digest.hexadecimal()
  }

  /// The files of all checkpoints at these paths, with shards and the like, each once.
  ///
  /// - Throws: `system` if one can't be read.
  public static func all(of paths: [String]) throws(CheckpointError) -> [CertifiedFile] {
    var files: [CertifiedFile] = []
    for path in paths.flatMap({ FormatRegistry.standard.files(at: $0) })
    where !files.contains(where: { $0.path == path }) {
      files.append(try CertifiedFile(path))
    }
    return files
  }

  /// What has changed since; nil if nothing has.
  ///
  /// - Throws: `system` if the file can't be read.
  public func change() throws(CheckpointError) -> String? {
    let now = try CertifiedFile(path)
    if now == self { return nil }
    return now.byteCount == byteCount
      ? "has other bytes" : "has \(now.byteCount) bytes, not \(byteCount)"
  }

  var json: JSON {
    ["path": .string(path), "bytes": .int(byteCount), "sha256": .string(sha256)]
  }

  init?(_ json: JSON) {
    guard let path = json["path"]?.string, let byteCount = json["bytes"]?.int,
      let sha256 = json["sha256"]?.string
    else { return nil }
    (self.path, self.byteCount, self.sha256) = (path, byteCount, sha256)
  }
}
