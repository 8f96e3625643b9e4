import DBNPlatform

/// The name of an output file, and what it may replace.
struct OutputLocation: Sendable {
  /// The path as the user gave it.
  let path: String
  /// The path with symbolic links resolved: the file that a link leads to is replaced, and the link
  /// stays.
  let target: String
  private let existing: ExistingFiles

  init(_ path: String, _ existing: ExistingFiles) {
    self.path = path
    let resolved = realpath(path, nil)
    target = resolved.map { String(cString: $0) } ?? path
    free(resolved)
    self.existing = existing
  }

  /// The status of what currently has the name; nil if nothing has.
  var status: stat? {
    var status = stat()
    return lstat(target, &status) == 0 ? status : nil
  }

  /// - Throws: `fileExists`, `outputIsInput`, `notARegularFile`, if what is there must not be
  ///   replaced; `system` if there is no folder to write in.
  func check() throws(CheckpointError) {
    if let status { return try check(status) }
    var status = stat()
    guard stat(folder, &status) != 0, errno == ENOENT else { return }
    throw CheckpointError(
      .system, path: path, "the folder '\(folder)' does not exist", advice: "make it first")
  }

  func check(_ status: stat) throws(CheckpointError) {
    try existing.check(status, named: path)
  }

  var folder: String {
    guard let slash = target.lastIndex(of: "/") else { return "." }
    return slash == target.startIndex ? "/" : String(target[..<slash])
  }

  /// A unique name in the same folder.
  func makeTemporaryName() -> String {
    "\(folder)/.dbn-convert-\(getpid())-\(UInt32.random(in: 0...UInt32.max).hexadecimal)"
  }
}
