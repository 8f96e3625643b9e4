import DBNPlatform

/// Finished files that get their names all together or not at all.
///
/// Until `commit` none has its name, so any failure before it leaves nothing: a proof of the
/// written file, or the printing of the result. What a process leaves that is killed during `commit`,
/// the next writer undoes (`Leftovers`).
public struct StagedFiles: ~Copyable {
  /// Reads a finished file, at a path other than its final one, and throws to reject it.
  public typealias Proof = @Sendable (_ path: String) throws(CheckpointError) -> Void

  private let records = ChangeRecords()
  private var files: [UnnamedFile] = []
  private var removed: [OutputLocation] = []

  /// The most files that stay open, and so unnamed. Further files get temporary names: by default a
  /// process may have 1024 files open at once.
  private static let mostOpen = 64

  package init() {}

  /// Whether there is nothing to give a name to, and nothing to remove.
  package var isEmpty: Bool { files.isEmpty && removed.isEmpty }

  /// A file to be written, and then added.
  ///
  /// - Parameters:
  ///   - existing: what happens to an existing file of that name.
  ///   - progress: called after each write with the number of bytes written.
  /// - Throws: `fileExists`, `outputIsInput`, `notARegularFile` and `readOnly` before anything is
  ///   created.
  package func makeFile(
    _ path: String, existing: ExistingFiles, progress: (@Sendable (Int) -> Void)? = nil
  ) throws(CheckpointError) -> AtomicFile {
    try AtomicFile(path, existing: existing, records, progress: progress)
  }

  /// Takes over a completely written file, and syncs it to disk.
  ///
  /// - Parameter proof: reads the finished file before that, and throws to reject it.
  package mutating func add(
    _ file: consuming AtomicFile, provenBy proof: Proof? = nil
  ) throws(CheckpointError) {
    let file = file.file
    try proof?(file.libraryPath)
    try file.sync()
    if files.count >= Self.mostOpen { try file.close() }
    files.append(file)
  }

  /// The files' names, and where each can be read until it has its name.
  package var contents: [(path: String, readableAt: String)] {
    files.map { ($0.location.path, $0.libraryPath) }
  }

  /// Marks a file, which the others replace, for removal if it exists: after the new ones have their
  /// names, in the order of the calls.
  package mutating func remove(
    _ path: String, existing: ExistingFiles
  ) throws(CheckpointError) {
    let location = OutputLocation(path, existing)
    try location.check()
    removed.append(location)
  }

  /// Checks again whether all files can have their names.
  ///
  /// - Throws: `fileExists`, `outputIsInput`, `notARegularFile`.
  package func check() throws(CheckpointError) {
    for location in files.map(\.location) + removed { try location.check() }
  }

  /// Gives all files their names, in the order in which they were added.
  ///
  /// - Throws: `fileExists` for a name that another file has taken meanwhile, and `system`; in both
  ///   cases no name has changed.
  package consuming func commit() throws(CheckpointError) {
    // A signal now comes too late: everything is written, and this takes no time.
    dbn_defer_ending()
    defer { dbn_resume_ending() }
    let isOneCall = files.count == 1 && removed.isEmpty && files[0].temporaryName == nil
    if isOneCall, try files[0].takeFreeName() { return }
    let folders = (files.map(\.location) + removed).map(\.folder)
    let locks = folders.count > 1 ? FolderLocks(folders) : nil
    try NameChanges(files, removing: removed, records).make()
    _ = consume locks
  }

  /// Gives the files that `body` writes and adds their names, after clearing what killed processes
  /// have left beside them.
  ///
  /// - Parameter path: the output, or the first of several.
  package static func committing<Result>(
    besides path: String, _ body: (inout StagedFiles) throws(CheckpointError) -> Result
  ) throws(CheckpointError) -> Result {
    Leftovers.clear(besides: path)
    var files = StagedFiles()
    let result = try body(&files)
    try files.commit()
    return result
  }
}
