import Glibc

/// The name of a file that is to be written, and what may be replaced under it.
struct OutputLocation: Sendable {
  /// As a person gave it.
  let path: String
  /// Where the file will be, symbolic links resolved: the file that a link leads to is replaced, and
  /// the link stays.
  let target: String
  private let existing: ExistingFiles

  init(_ path: String, _ existing: ExistingFiles) {
    self.path = path
    let resolved = realpath(path, nil)
    target = resolved.map { String(cString: $0) } ?? path
    free(resolved)
    self.existing = existing
  }

  /// What has the name now; nil if nothing has.
  var status: stat? {
    var status = stat()
    return lstat(target, &status) == 0 ? status : nil
  }

  /// - Throws: `fileExists`, `outputIsInput`, `notARegularFile`, if what is there now stays.
  func check() throws(CheckpointError) {
    if let status { try check(status) }
  }

  func check(_ status: stat) throws(CheckpointError) {
    try existing.check(status, named: path)
  }

  var folder: String {
    guard let slash = target.lastIndex(of: "/") else { return "." }
    return slash == target.startIndex ? "/" : String(target[..<slash])
  }

  /// A name in the same folder that nobody else uses.
  func makeTemporaryName() -> String {
    "\(folder)/.dbn-convert-\(getpid())-\(UInt32.random(in: 0...UInt32.max).hexadecimal)"
  }
}
