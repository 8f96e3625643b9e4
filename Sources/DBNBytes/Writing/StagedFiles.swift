/// Finished files that get their names all together or not at all.
///
/// Until `commit` none has its name, so any failure before it leaves nothing: a proof of the
/// written file, or the printing of the result. Only a process that is killed during `commit` can
/// leave temporary files, or some of the new files.
public struct StagedFiles: ~Copyable {
  /// Reads a finished file, at a path other than its final one, and throws to reject it.
  public typealias Proof = @Sendable (_ path: String) throws(CheckpointError) -> Void

  private var files: [UnnamedFile] = []
  private var removed: [OutputLocation] = []

  /// The most files that stay open, and so unnamed. Further files get temporary names: by default a
  /// process may have 1024 files open at once.
  private static let mostOpen = 64

  package init() {}

  /// Whether there is nothing to give a name to, and nothing to remove.
  package var isEmpty: Bool { files.isEmpty && removed.isEmpty }

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

  /// Marks a file, which the others replace, for removal if it exists.
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
    var taken: [TakenName] = []
    do throws(CheckpointError) {
      for file in files { taken.append(try file.takeName()) }
      for location in removed {
        if let name = try TakenName(removing: location) { taken.append(name) }
      }
    } catch {
      for name in taken.reversed() { name.undo() }
      throw error
    }
    for name in taken { name.finish() }
  }

  /// Gives the files that `body` writes and adds their names.
  package static func committing<Result>(
    _ body: (inout StagedFiles) throws(CheckpointError) -> Result
  ) throws(CheckpointError) -> Result {
    var files = StagedFiles()
    let result = try body(&files)
    try files.commit()
    return result
  }
}
