/// Finished files that are to appear under their names all together, or none of them.
///
/// Until `commit` none has its name, and so whatever fails before leaves nothing: a proof of the
/// written file, or the printing of the result. Only a process that is killed during `commit` leaves
/// temporary files, or some of the new files.
public struct StagedFiles: ~Copyable {
  /// Reads a finished file, at a path that is not the one that it will have, and throws if it is not
  /// to have a name.
  public typealias Proof = @Sendable (_ path: String) throws(CheckpointError) -> Void

  private var files: [UnnamedFile] = []
  private var removed: [OutputLocation] = []

  /// The most files that stay open, and so nameless. More get temporary names: a process may have
  /// 1024 open at once, by default.
  private static let mostOpen = 64

  package init() {}

  /// Takes over a file to which all bytes were written, and brings them to the disk.
  ///
  /// - Parameter proof: reads the finished file before that, and throws if it is not to be.
  package mutating func add(
    _ file: consuming AtomicFile, provenBy proof: Proof? = nil
  ) throws(CheckpointError) {
    let file = file.file
    try proof?(file.libraryPath)
    try file.sync()
    if files.count >= Self.mostOpen { try file.close() }
    files.append(file)
  }

  /// Has a file removed, if it is there, which the others replace.
  package mutating func remove(
    _ path: String, existing: ExistingFiles
  ) throws(CheckpointError) {
    let location = OutputLocation(path, existing)
    try location.check()
    removed.append(location)
  }

  /// Looks once more whether all files can have their names.
  ///
  /// - Throws: `fileExists`, `outputIsInput`, `notARegularFile`.
  package func check() throws(CheckpointError) {
    for location in files.map(\.location) + removed { try location.check() }
  }

  /// Gives all files their names, in the order they were added.
  ///
  /// - Throws: `fileExists` for a name that another file has taken meanwhile, and `system`; then no
  ///   name has changed.
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

  /// Gives the files their names that `body` writes and adds.
  package static func committing<Result>(
    _ body: (inout StagedFiles) throws(CheckpointError) -> Result
  ) throws(CheckpointError) -> Result {
    var files = StagedFiles()
    let result = try body(&files)
    try files.commit()
    return result
  }
}
